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
INSERT INTO counter VALUES ('directory', 0), ('identifiers_indexed_through', 0);

-- The facts about records. Clustered by record: its versions lie together, and references that a CRM counts
-- upwards land on the same few pages. What scans need stands before `details`.
CREATE TABLE record_version (
    site_id            TEXT NOT NULL,
    kind               INTEGER NOT NULL, -- 1 opportunity, 2 revenue
    reference          TEXT NOT NULL,
    occurred_at        INTEGER NOT NULL, -- microseconds since 1970, UTC
    change             INTEGER NOT NULL,
    occurred_date_only INTEGER NOT NULL,
    received_at        INTEGER NOT NULL,
    value_minor        INTEGER NOT NULL,
    currency           TEXT NOT NULL,
    stage              TEXT,
    details            TEXT NOT NULL, -- JSON: identifiers, labels, properties, lead date
    PRIMARY KEY (site_id, kind, reference, occurred_at, change)
) STRICT, WITHOUT ROWID;

-- What happened to records, in order: a version was added, or the record was deleted (identifiers NULL).
-- Appended in the transaction of what it tells of, and followed by everything that is derived.
CREATE TABLE change (
    change      INTEGER PRIMARY KEY,
    site_id     TEXT NOT NULL,
    kind        INTEGER NOT NULL,
    reference   TEXT NOT NULL,
    identifiers BLOB -- 64-bit hashes of the version's identifiers, 8 bytes each, big endian
) STRICT;

-- Derived from `change`, up to counter 'identifiers_indexed_through': which records name an identifier.
CREATE TABLE record_identifier (
    site_id   TEXT NOT NULL,
    hash      INTEGER NOT NULL,
    kind      INTEGER NOT NULL,
    reference TEXT NOT NULL,
    PRIMARY KEY (site_id, hash, kind, reference)
) STRICT, WITHOUT ROWID;
