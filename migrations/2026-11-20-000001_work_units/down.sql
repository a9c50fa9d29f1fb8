DROP TABLE schema_migrations;
DROP TABLE settings;
DROP TABLE events;
DROP TABLE status_log;
DROP TABLE attempts;
DROP TABLE work_units;
