CREATE TABLE logins (
    login_id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL,
    name TEXT NOT NULL,
    secrets TEXT NOT NULL
);
CREATE TABLE management_rooms (
    room_id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL
);
CREATE TABLE portals (
    chat_id TEXT NOT NULL,
    receiver TEXT NOT NULL,
    room_id TEXT NOT NULL UNIQUE,
    login_id TEXT NOT NULL,
    is_open INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (chat_id, receiver)
);
CREATE TABLE ghosts (
    user_id TEXT PRIMARY KEY,
    remote_id TEXT NOT NULL,
    name TEXT NOT NULL
);
CREATE TABLE messages (
    chat_id TEXT NOT NULL,
    receiver TEXT NOT NULL,
    remote_id TEXT NOT NULL,
    part INTEGER NOT NULL,
    event_id TEXT NOT NULL,
    sender TEXT NOT NULL,
    PRIMARY KEY (chat_id, receiver, remote_id, part)
);
CREATE INDEX messages_by_event ON messages (event_id);
CREATE TABLE reactions (
    event_id TEXT PRIMARY KEY,
    chat_id TEXT NOT NULL,
    receiver TEXT NOT NULL,
    target TEXT NOT NULL,
    sender TEXT NOT NULL,
    emoji TEXT NOT NULL
);
CREATE TABLE incoming (
    place BIGINT PRIMARY KEY,
    chat_id TEXT NOT NULL,
    receiver TEXT NOT NULL,
    login_id TEXT NOT NULL,
    known_as TEXT NOT NULL,
    transaction_id TEXT NOT NULL,
    happening TEXT NOT NULL,
    UNIQUE (chat_id, receiver, known_as)
);
CREATE TABLE outgoing (
    place BIGINT PRIMARY KEY,
    event_id TEXT NOT NULL UNIQUE,
    room_id TEXT NOT NULL,
    event TEXT NOT NULL
);
CREATE INDEX outgoing_by_room ON outgoing (room_id, place);
CREATE TABLE transactions (
    transaction_id TEXT PRIMARY KEY,
    place BIGINT NOT NULL
);
