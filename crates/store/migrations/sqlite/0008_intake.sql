-- What came in and how it went, to look at when something is missing: what was refused and why, how batches went, and when each
-- source was last heard of. Bounded for each site, and never a fact: all of it can be thrown away.
CREATE TABLE intake_entry (
    site_id   TEXT NOT NULL,
    kind      INTEGER NOT NULL, -- 1 a refused upload, 2 a browser's refused report, 3 a batch
    entry_id  INTEGER NOT NULL, -- counted within site and kind
    at        INTEGER NOT NULL, -- microseconds since 1970, UTC
    route     TEXT NOT NULL,
    reference TEXT,
    content   TEXT NOT NULL,    -- problems or counts, without any value that was sent
    PRIMARY KEY (site_id, kind, entry_id)
) STRICT, WITHOUT ROWID;

-- Finds what names somebody who is erased.
CREATE INDEX intake_reference ON intake_entry (site_id, reference) WHERE reference IS NOT NULL;

-- How much came from a source in an hour. Hours of more than a day ago go, but for a source's last one.
CREATE TABLE intake_seen (
    site_id   TEXT NOT NULL,
    source    TEXT NOT NULL,
    hour      INTEGER NOT NULL, -- since 1970
    count     INTEGER NOT NULL,
    last_at   INTEGER NOT NULL, -- microseconds since 1970, UTC
    last_from TEXT,             -- the host of the page, where there is one
    PRIMARY KEY (site_id, source, hour)
) STRICT, WITHOUT ROWID;
