-- What a setup or gate ran, and the commit that a gate judged: with its outcome, the proof of a landing. Empty for agents, and for what ran before.
ALTER TABLE attempts ADD COLUMN command TEXT;
ALTER TABLE attempts ADD COLUMN judges TEXT;
