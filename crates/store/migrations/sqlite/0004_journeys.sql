-- Derived, by following the changes up to counter 'followed_through': the journey of every record. A journey that changes
-- is a new row, so that whoever holds journeys in memory reads what came after the last row it knows.
CREATE TABLE journey (
    number     INTEGER PRIMARY KEY AUTOINCREMENT,
    site_id    TEXT NOT NULL,
    first      INTEGER,          -- the number of the first row of the same record, which this one stands for
    kind       INTEGER,          -- 1 opportunity, 2 revenue; with the rest NULL where a record is gone
    reference  TEXT,
    is_matched INTEGER,          -- whether somebody was found for it
    body       TEXT              -- JSON, see journey_row.rs
) STRICT;

CREATE UNIQUE INDEX journey_of_record ON journey (site_id, kind, reference) WHERE reference IS NOT NULL;
CREATE INDEX journey_of_site ON journey (site_id, number);

-- Whether somebody was found for a record is said by its journey. All are derived anew.
DROP TABLE record_match;
UPDATE counter SET value = 0 WHERE name IN ('followed_through', 'rescanned_through');
