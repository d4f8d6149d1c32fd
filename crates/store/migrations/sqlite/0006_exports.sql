-- Conversions that were handed to advertising platforms. An export is a file: its header, and a row for each conversion, kept as
-- they were written so that it can be had again, and apart so that those of somebody who is erased can go.
CREATE TABLE export (
    site_id     TEXT NOT NULL,
    export_id   INTEGER NOT NULL, -- counted within the site
    platform    TEXT NOT NULL,
    name        TEXT NOT NULL,    -- what the platform calls the conversion
    kind        INTEGER NOT NULL, -- 1 opportunity, 2 revenue
    milestone   TEXT NOT NULL,
    valued      TEXT NOT NULL,    -- what conversions were said to be worth
    created_at  INTEGER NOT NULL, -- microseconds since 1970, UTC
    conversions INTEGER NOT NULL, -- how many it had when it was made
    header      TEXT NOT NULL,
    PRIMARY KEY (site_id, export_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE export_row (
    site_id        TEXT NOT NULL,
    export_id      INTEGER NOT NULL,
    place          INTEGER NOT NULL,
    kind           INTEGER NOT NULL,
    reference      TEXT NOT NULL,
    conversion_key BLOB NOT NULL,
    worth_minor    INTEGER NOT NULL, -- what the record was worth
    currency       TEXT NOT NULL,
    content        TEXT NOT NULL,
    traces         BLOB NOT NULL,    -- those of table export_trace, 16 bytes each
    PRIMARY KEY (site_id, export_id, place)
) STRICT, WITHOUT ROWID;

-- Finds the rows that hold something of somebody, by hashes of what names them.
CREATE TABLE export_trace (
    site_id   TEXT NOT NULL,
    trace     BLOB NOT NULL,
    export_id INTEGER NOT NULL,
    place     INTEGER NOT NULL,
    PRIMARY KEY (site_id, trace, export_id, place)
) STRICT, WITHOUT ROWID;

-- What no export may have again. A key is a hash, so this stays when somebody is erased.
CREATE TABLE export_ledger (
    site_id        TEXT NOT NULL,
    platform       TEXT NOT NULL,
    name           TEXT NOT NULL,
    conversion_key BLOB NOT NULL,
    export_id      INTEGER NOT NULL, -- the last one that has it
    exported_at    INTEGER NOT NULL,
    worth_minor    INTEGER NOT NULL,
    currency       TEXT NOT NULL,
    PRIMARY KEY (site_id, platform, name, conversion_key)
) STRICT, WITHOUT ROWID;
