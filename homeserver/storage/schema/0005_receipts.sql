-- How far users have read. `thread` is a thread's root, "main", or empty for receipts of no thread. `place` is that
-- of the event named, `position` that of the receipt itself.
CREATE TABLE receipts (
    user_id INTEGER NOT NULL,
    room INTEGER NOT NULL,
    type TEXT NOT NULL,
    thread TEXT NOT NULL,
    event_id TEXT NOT NULL,
    place INTEGER NOT NULL,
    ts INTEGER NOT NULL,
    position INTEGER NOT NULL,
    PRIMARY KEY (user_id, room, type, thread)
);

CREATE INDEX receipts_by_room ON receipts (room, position);
