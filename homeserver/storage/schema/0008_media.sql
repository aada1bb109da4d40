-- Files that people send. What stands behind an mxc:// URI, and the files themselves by their content.

-- `uses` counts the rows of `media` with this content. Who deletes the last one deletes the file; the row of
-- a quarantined one stays, so that its content cannot come back.
CREATE TABLE media_files (
    hash BLOB PRIMARY KEY,
    bytes INTEGER NOT NULL,
    uses INTEGER NOT NULL,
    is_quarantined INTEGER NOT NULL DEFAULT 0
);

-- `origin` is the server in the URI. While `file` is absent, nothing has been uploaded yet, and `expires_ts`
-- says until when it may be. `user_id` is absent for pictures of URL previews and for files of other servers.
CREATE TABLE media (
    origin TEXT NOT NULL,
    media_id TEXT NOT NULL,
    user_id TEXT,
    created_ts INTEGER NOT NULL,
    expires_ts INTEGER,
    file BLOB,
    bytes INTEGER NOT NULL DEFAULT 0,
    content_type TEXT NOT NULL DEFAULT '',
    file_name TEXT,
    needs_token INTEGER NOT NULL,
    PRIMARY KEY (origin, media_id)
);

CREATE INDEX media_of_users ON media (user_id, bytes);

CREATE INDEX media_pending ON media (expires_ts) WHERE expires_ts IS NOT NULL;

CREATE INDEX media_of_files ON media (file);

-- What came of making a thumbnail. `outcome` is one of: made, original, unreadable, too_large.
CREATE TABLE media_thumbnails (
    file BLOB NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    method TEXT NOT NULL,
    animated INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    content_type TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    used_ts INTEGER NOT NULL,
    PRIMARY KEY (file, width, height, method, animated)
);

CREATE INDEX media_thumbnails_by_use ON media_thumbnails (used_ts);

-- `url` is a hash. `answer` is the JSON that clients get, or empty where there was nothing to be had.
CREATE TABLE url_previews (
    url BLOB PRIMARY KEY,
    answer TEXT NOT NULL,
    media_id TEXT,
    fetched_ts INTEGER NOT NULL
);

CREATE INDEX url_previews_by_age ON url_previews (fetched_ts);
