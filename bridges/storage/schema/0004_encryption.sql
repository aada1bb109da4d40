CREATE TABLE encrypted_rooms (
    room_id TEXT PRIMARY KEY,
    is_learned INTEGER NOT NULL
);
CREATE TABLE room_facts (
    room_id TEXT NOT NULL,
    type TEXT NOT NULL,
    state_key TEXT NOT NULL,
    content TEXT NOT NULL,
    PRIMARY KEY (room_id, type, state_key)
);
CREATE TABLE sealed (
    place BIGINT PRIMARY KEY,
    room_id TEXT NOT NULL,
    transaction_id TEXT NOT NULL,
    content TEXT NOT NULL,
    UNIQUE (room_id, transaction_id)
);
CREATE TABLE unread (
    event_id TEXT PRIMARY KEY,
    room_id TEXT NOT NULL,
    session_id TEXT NOT NULL,
    event TEXT NOT NULL,
    is_told INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX unread_by_session ON unread (room_id, session_id);
