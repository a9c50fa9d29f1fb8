-- What the conflict oracle said about pairs that it mattered for, in the order in which it was said, and what happened: CONFLICT, CLEAN or
-- UNKNOWN, empty as long as that is open. Probability is in percent; the lower unit comes first.
CREATE TABLE predictions (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    unit_a BIGINT NOT NULL REFERENCES work_units (unit_id),
    unit_b BIGINT NOT NULL REFERENCES work_units (unit_id),
    chunk_a TEXT NOT NULL,
    chunk_b TEXT NOT NULL,
    stage TEXT NOT NULL,
    verdict TEXT NOT NULL,
    probability BIGINT NOT NULL,
    at BIGINT NOT NULL,
    outcome TEXT,
    settled_at BIGINT
);
CREATE INDEX predictions_open ON predictions (unit_a, unit_b) WHERE outcome IS NULL;
