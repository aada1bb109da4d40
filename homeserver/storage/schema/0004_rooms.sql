-- Names of rooms on this server, and the rooms it publishes.

CREATE TABLE aliases (
    alias TEXT PRIMARY KEY,
    room_id TEXT NOT NULL,
    creator TEXT NOT NULL
);

CREATE INDEX aliases_by_room ON aliases (room_id);

-- `network` is empty for this server's own directory; application services publish rooms under names of their own.
CREATE TABLE published_rooms (
    network TEXT NOT NULL,
    room_id TEXT NOT NULL,
    PRIMARY KEY (network, room_id)
);
