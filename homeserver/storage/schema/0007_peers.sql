-- Other servers: their keys, and which of them do not answer.

-- As a server signed them. A notary hands them on.
CREATE TABLE server_key_documents (
    id INTEGER PRIMARY KEY,
    server_name TEXT NOT NULL,
    json TEXT NOT NULL,
    valid_until_ts INTEGER NOT NULL,
    fetched_ts INTEGER NOT NULL
);

CREATE INDEX server_key_documents_by_server ON server_key_documents (server_name);

-- `said_ts` orders what is said of a key: the valid_until_ts of the document that says it.
CREATE TABLE server_keys (
    server_name TEXT NOT NULL,
    key_id TEXT NOT NULL,
    key BLOB NOT NULL,
    valid_until_ts INTEGER NOT NULL,
    said_ts INTEGER NOT NULL,
    document INTEGER NOT NULL,
    PRIMARY KEY (server_name, key_id)
);

-- Servers that do not answer; a row goes when they do.
CREATE TABLE silent_destinations (
    server_name TEXT PRIMARY KEY,
    since_ts INTEGER NOT NULL,
    retry_ts INTEGER NOT NULL,
    wait_ms INTEGER NOT NULL
);
