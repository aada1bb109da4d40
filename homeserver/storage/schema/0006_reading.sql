-- Ways to events other than by place.

-- The threads of a room; `newest` is the position of the last event in each.
CREATE TABLE thread_roots (
    root TEXT NOT NULL,
    room INTEGER NOT NULL,
    newest INTEGER NOT NULL,
    PRIMARY KEY (root, room)
);

CREATE INDEX thread_roots_by_newest ON thread_roots (room, newest);

CREATE INDEX events_by_time ON events (room, origin_server_ts);
