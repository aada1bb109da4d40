CREATE TABLE pictures (
    owner TEXT PRIMARY KEY,
    picture_id TEXT NOT NULL
);
CREATE TABLE expiring (
    event_id TEXT PRIMARY KEY,
    room_id TEXT NOT NULL,
    due_ms BIGINT NOT NULL
);
CREATE INDEX expiring_by_time ON expiring (due_ms);
CREATE TABLE timers (
    room_id TEXT PRIMARY KEY,
    timer_ms BIGINT NOT NULL
);
