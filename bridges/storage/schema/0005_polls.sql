CREATE TABLE polls (
    event_id TEXT PRIMARY KEY,
    options TEXT NOT NULL
);
