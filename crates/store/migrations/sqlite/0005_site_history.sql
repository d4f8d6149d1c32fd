-- The settings that sites had, so that it can be said what was known at a past moment. A row is added whenever they change.
CREATE TABLE site_history (
    site_id       TEXT NOT NULL,
    version       INTEGER NOT NULL, -- the directory's: of two rows the later
    since         INTEGER NOT NULL, -- when the change was made; the rest as in table site
    name          TEXT NOT NULL,
    currency      TEXT NOT NULL,
    phone_country TEXT NOT NULL,
    time_zone     TEXT NOT NULL,
    stages        TEXT NOT NULL,
    strict_stages INTEGER NOT NULL,
    created_at    INTEGER NOT NULL,
    settings      TEXT NOT NULL,
    PRIMARY KEY (site_id, version)
) STRICT, WITHOUT ROWID;

-- Of changes before this table, nothing is known.
INSERT INTO site_history (site_id, version, since, name, currency, phone_country, time_zone, stages, strict_stages, created_at,
    settings)
SELECT site_id, (SELECT value FROM counter WHERE name = 'directory'), created_at, name, currency, phone_country, time_zone,
    stages, strict_stages, created_at, settings FROM site;
