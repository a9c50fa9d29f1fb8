ALTER TABLE attempts DROP COLUMN judges;
ALTER TABLE attempts DROP COLUMN command;
