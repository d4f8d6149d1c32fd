-- Reference rates, of the whole installation: a row a day, versioned by counter 'rates'.
CREATE TABLE rate_day (
    day   INTEGER PRIMARY KEY, -- days since 1970-01-01
    rates TEXT NOT NULL        -- JSON: {currency: hundred-millionths of it that a euro is worth}
) STRICT;
INSERT INTO counter VALUES ('rates', 0), ('rates_changed_at', 0);

-- The facts about costs of advertising: a log, with change numbers from the same sequence as the others. A row says what a
-- campaign cost on a day; of those with the same key the last one holds. They name nobody, so they have no names.
CREATE TABLE ad_cost (
    change      INTEGER PRIMARY KEY,
    site_id     TEXT NOT NULL,
    day         INTEGER NOT NULL, -- days since 1970-01-01
    cost_key    BLOB NOT NULL,    -- what names the cost within the day, hashed; see AdCost::key
    received_at INTEGER NOT NULL, -- microseconds since 1970, UTC
    platform    TEXT,
    source      TEXT NOT NULL,
    cost_type   TEXT NOT NULL,
    keyword     TEXT,
    spent_minor INTEGER NOT NULL,
    currency    TEXT NOT NULL,
    clicks      INTEGER,
    impressions INTEGER,
    reach       INTEGER,
    details     TEXT NOT NULL     -- JSON: identifiers and levels of the campaign
) STRICT;

-- A day's costs, each with its last version at the end.
CREATE INDEX ad_cost_of_day ON ad_cost (site_id, day, cost_key, change);

-- A site's part of the log.
CREATE INDEX ad_cost_of_site ON ad_cost (site_id, change);
