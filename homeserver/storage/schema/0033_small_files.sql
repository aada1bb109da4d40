-- The content of a small file; null for what is in the folder.
ALTER TABLE media_files ADD COLUMN content BLOB;
