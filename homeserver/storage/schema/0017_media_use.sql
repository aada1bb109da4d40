-- When somebody asked for a file of another server last, to a day; null for those of our users.
ALTER TABLE media ADD COLUMN used_ts INTEGER;

CREATE INDEX media_by_use ON media (used_ts) WHERE used_ts IS NOT NULL;
