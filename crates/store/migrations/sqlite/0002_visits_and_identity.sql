-- Settings of a site that are only ever read with it: JSON, see directory.rs.
ALTER TABLE site ADD COLUMN settings TEXT NOT NULL DEFAULT '{}';

-- The facts about visits: a log, like that of records, with change numbers from the same sequence.
CREATE TABLE visit (
    change         INTEGER PRIMARY KEY,
    site_id        TEXT NOT NULL,
    visitor        TEXT NOT NULL,    -- RaId
    at             INTEGER NOT NULL, -- microseconds since 1970, UTC
    received_after INTEGER NOT NULL, -- microseconds between that and when it was received
    landing_page   TEXT NOT NULL,
    referrer       TEXT,
    title          TEXT,
    cookie         TEXT,             -- Google client id
    screen         TEXT,
    device         INTEGER NOT NULL, -- 1 desktop, 2 mobile, 3 tablet, 4 other
    crawler        TEXT
) STRICT;

-- The facts about conversions, likewise. A report under a reference that is there already is one more report.
CREATE TABLE conversion (
    change             INTEGER PRIMARY KEY,
    site_id            TEXT NOT NULL,
    kind               INTEGER NOT NULL, -- 1 web, 2 call
    reference          TEXT NOT NULL,
    occurred_at        INTEGER NOT NULL,
    occurred_date_only INTEGER NOT NULL,
    received_at        INTEGER NOT NULL,
    details            TEXT NOT NULL     -- JSON: identifiers, payload, page, overrides, call
) STRICT;

-- Everything else that may change whom a record is about, in the same sequence, so that whoever follows the changes
-- hears of it: evidence that was cut, restored or deleted, identifiers that were allowed, guards that changed.
-- Worked off, a row has no further use.
CREATE TABLE touched (
    change  INTEGER PRIMARY KEY,
    site_id TEXT NOT NULL,
    kind    INTEGER NOT NULL, -- 0 the whole site, 1 to 5 an identifier, 11 an opportunity, 12 revenue
    value   TEXT NOT NULL     -- the identifier's or the record's reference; of the whole site, empty
) STRICT;

-- What the operator decided: pieces of evidence that do not count, and identifiers that join whatever a guard says.
CREATE TABLE evidence_cut (
    site_id TEXT NOT NULL,
    fact    INTEGER NOT NULL,
    kind    INTEGER NOT NULL,
    value   TEXT NOT NULL,
    cut_at  INTEGER NOT NULL,
    PRIMARY KEY (site_id, fact, kind, value)
) STRICT, WITHOUT ROWID;

CREATE TABLE identifier_allowed (
    site_id    TEXT NOT NULL,
    kind       INTEGER NOT NULL,
    value      TEXT NOT NULL,
    allowed_at INTEGER NOT NULL,
    PRIMARY KEY (site_id, kind, value)
) STRICT, WITHOUT ROWID;

-- Derived, by following the changes up to counter 'followed_through': records for whom somebody was found, …
CREATE TABLE record_match (
    site_id   TEXT NOT NULL,
    kind      INTEGER NOT NULL, -- 1 opportunity, 2 revenue
    reference TEXT NOT NULL,
    visitors  TEXT NOT NULL,    -- JSON: [RaId, …]
    PRIMARY KEY (site_id, kind, reference)
) STRICT, WITHOUT ROWID;

-- … and identifiers that a guard keeps from joining.
CREATE TABLE guarded (
    site_id TEXT NOT NULL,
    kind    INTEGER NOT NULL,
    value   TEXT NOT NULL,
    guard   TEXT NOT NULL,
    count   INTEGER NOT NULL,
    since   INTEGER NOT NULL,
    PRIMARY KEY (site_id, kind, value)
) STRICT, WITHOUT ROWID;

-- 'deleted_through': no change number up to it is given out again, whatever was deleted. 'rescanned_through': how far
-- the records of a site whose guards changed were looked at again.
INSERT INTO counter VALUES ('followed_through', 0), ('deleted_through', 0), ('rescanned_through', 0), ('erasures', 0);

-- Names of identifiers say in their last bits what kind of fact names them: the index is made again from the logs.
DELETE FROM name;
UPDATE counter SET value = 0 WHERE name = 'names_indexed_through';
