-- Moments are microseconds since the Unix epoch, UTC. Every `data` column is JSON.

-- A unit as it is now. `phase`, `status` and `settled` repeat what `data` says, for the indexes and for people; only `data` is read back.
CREATE TABLE work_units (
    unit_id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    chunk TEXT NOT NULL,
    phase TEXT NOT NULL,
    status TEXT NOT NULL,
    settled BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    data TEXT NOT NULL
);
CREATE UNIQUE INDEX work_units_by_chunk ON work_units (chunk) WHERE status <> 'DELETED';
CREATE INDEX work_units_unsettled ON work_units (unit_id) WHERE NOT settled;

-- One row per started process. At most one per unit is open. `usage` is JSON: tokens by class, and cost in micro-dollars.
CREATE TABLE attempts (
    attempt_id TEXT PRIMARY KEY NOT NULL,
    unit_id BIGINT NOT NULL REFERENCES work_units (unit_id),
    number BIGINT NOT NULL,
    kind TEXT NOT NULL,
    phase TEXT NOT NULL,
    agent TEXT,
    agent_version TEXT,
    pid BIGINT,
    session_id TEXT,
    started_at BIGINT NOT NULL,
    ended_at BIGINT,
    outcome TEXT,
    error TEXT,
    usage TEXT,
    UNIQUE (unit_id, number)
);
CREATE UNIQUE INDEX attempts_open ON attempts (unit_id) WHERE ended_at IS NULL;

-- The changes of a unit's public status.
CREATE TABLE status_log (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    unit_id BIGINT NOT NULL REFERENCES work_units (unit_id),
    old_status TEXT,
    new_status TEXT NOT NULL,
    phase TEXT NOT NULL,
    at BIGINT NOT NULL,
    who TEXT NOT NULL,
    why TEXT NOT NULL
);
CREATE INDEX status_log_by_unit ON status_log (unit_id);

-- The journal. `data` is the event; of the first entry of a unit, whose kind is `created`, the unit as accepted.
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
CREATE INDEX events_by_unit ON events (unit_id);

-- What the operator configured while the daemon ran.
CREATE TABLE settings (
    key TEXT PRIMARY KEY NOT NULL,
    value TEXT NOT NULL
);

-- The Python orchestrator opens a database of this name and migrates it, unless this table names a version that it has reached.
CREATE TABLE schema_migrations (
    version INTEGER PRIMARY KEY NOT NULL,
    applied_at TEXT NOT NULL
);
INSERT INTO schema_migrations (version, applied_at) VALUES (1000000, strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now'));
