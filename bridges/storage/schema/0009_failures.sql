CREATE TABLE failures (
    event_id TEXT PRIMARY KEY,
    room_id TEXT NOT NULL,
    sender TEXT NOT NULL,
    notice_id TEXT NOT NULL,
    failed_at_ms BIGINT NOT NULL
);
CREATE INDEX failures_by_notice ON failures (notice_id);
