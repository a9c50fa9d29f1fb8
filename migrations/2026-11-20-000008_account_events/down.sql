DELETE FROM events WHERE unit_id IS NULL;
DROP INDEX events_by_unit;
ALTER TABLE events RENAME TO events_before;
CREATE TABLE events (
    seq INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    unit_id BIGINT NOT NULL REFERENCES work_units (unit_id),
    chunk TEXT NOT NULL,
    kind TEXT NOT NULL,
    data TEXT NOT NULL,
    who TEXT NOT NULL,
    at BIGINT NOT NULL,
    fresh TEXT NOT NULL,
    old_status TEXT,
    new_status TEXT NOT NULL,
    old_phase TEXT,
    new_phase TEXT NOT NULL
);
INSERT INTO events SELECT * FROM events_before;
DELETE FROM sqlite_sequence WHERE name = 'events';
INSERT INTO sqlite_sequence (name, seq) SELECT 'events', seq FROM sqlite_sequence WHERE name = 'events_before';
DROP TABLE events_before;
CREATE INDEX events_by_unit ON events (unit_id);
