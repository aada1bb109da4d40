-- When somebody asked for a file of one of our users last, to a day.
ALTER TABLE media ADD COLUMN asked_ts INTEGER;

CREATE INDEX media_by_age ON media (created_ts);
