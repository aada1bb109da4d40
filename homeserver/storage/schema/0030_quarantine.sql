-- The administrator who hid this content; null where that was not written down.
ALTER TABLE media_files ADD COLUMN quarantined_by TEXT;
