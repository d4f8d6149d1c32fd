-- Sites and tokens: small, read as a whole, versioned by counter 'directory'.
CREATE TABLE site (
    site_id       TEXT PRIMARY KEY,
    name          TEXT NOT NULL,
    currency      TEXT NOT NULL,
    phone_country TEXT NOT NULL,
    time_zone     TEXT NOT NULL,
    stages        TEXT NOT NULL, -- JSON: [[name, milestone], …]
    strict_stages INTEGER NOT NULL,
    created_at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE token (
    token_id   TEXT PRIMARY KEY,
    hash       BLOB NOT NULL UNIQUE,
    name       TEXT NOT NULL,
    sites      TEXT NOT NULL, -- JSON: [site_id, …]
    scopes     TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    revoked_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE counter (
    name  TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO counter VALUES ('directory', 0), ('names_indexed_through', 0);

-- What is written to find out whether uploads can be: one row of about their size.
CREATE TABLE probe (
    id     INTEGER PRIMARY KEY,
    filler BLOB NOT NULL
) STRICT;

-- The facts about records: a log of versions in the order in which they were accepted, only ever appended to.
CREATE TABLE record_version (
    change             INTEGER PRIMARY KEY,
    site_id            TEXT NOT NULL,
    kind               INTEGER NOT NULL, -- 1 opportunity, 2 revenue
    reference          TEXT NOT NULL,
    is_first           INTEGER NOT NULL, -- whether the record was new
    occurred_at        INTEGER NOT NULL, -- microseconds since 1970, UTC
    occurred_date_only INTEGER NOT NULL,
    received_at        INTEGER NOT NULL,
    value_minor        INTEGER NOT NULL,
    currency           TEXT NOT NULL,
    stage              TEXT,
    details            TEXT NOT NULL     -- JSON: identifiers, labels, properties, lead date
) STRICT;

-- A site's part of the log. Each site appends at its own end, so this stays as cheap as the log.
CREATE INDEX record_version_of_site ON record_version (site_id, kind, change);

-- Deletions take a change number too, so that whoever follows the changes hears of them.
CREATE TABLE record_deletion (
    change    INTEGER PRIMARY KEY,
    site_id   TEXT NOT NULL,
    kind      INTEGER NOT NULL,
    reference TEXT NOT NULL
) STRICT;

-- Derived from the log: which versions belong to a record, and which name an identifier. Names are 48-bit hashes, so
-- an entry is a hint, and whoever follows it compares. Versions after counter 'names_indexed_through' may be missing;
-- see names.rs.
CREATE TABLE name (
    hash   INTEGER NOT NULL,
    second INTEGER NOT NULL, -- of occurred_at
    change INTEGER NOT NULL,
    PRIMARY KEY (hash, second, change)
) STRICT, WITHOUT ROWID;
