-- Files are mostly compressed already.
ALTER TABLE media_files ALTER COLUMN content SET STORAGE EXTERNAL;
