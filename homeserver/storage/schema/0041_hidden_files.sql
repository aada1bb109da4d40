-- The quarantined files, which memory knows all of: there are few, so this index costs an upload nothing.
CREATE INDEX media_files_hidden ON media_files (hash) WHERE is_quarantined = 1;
