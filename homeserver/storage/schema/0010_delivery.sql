-- What others than clients have missed.

-- Up to where each follower of the number line has come.
CREATE TABLE followers (
    name TEXT PRIMARY KEY,
    place INTEGER NOT NULL
);

-- Servers that lack something behind `place`, since a time. All others have what is up to the place of the follower
-- "servers".
CREATE TABLE lagging_servers (
    server TEXT PRIMARY KEY,
    place INTEGER NOT NULL,
    since_ts INTEGER NOT NULL
);

-- News that some of its servers still lack. What `subject` is depends on `kind`: the position of an event (1), nothing,
-- as room and position say which receipt it is (2), or the position of an update of a device list (3).
CREATE TABLE outgoing (
    position INTEGER PRIMARY KEY,
    kind INTEGER NOT NULL,
    room INTEGER NOT NULL,
    subject INTEGER NOT NULL,
    servers BLOB NOT NULL
);

CREATE INDEX outgoing_by_room ON outgoing (room, position);

-- Each set of servers once: their names, with spaces between.
CREATE TABLE server_sets (
    digest BLOB PRIMARY KEY,
    servers TEXT NOT NULL
);

-- Messages to devices of other servers' users, until those servers have them.
CREATE TABLE outgoing_to_device (
    position INTEGER PRIMARY KEY,
    server TEXT NOT NULL,
    content TEXT NOT NULL
);

CREATE INDEX outgoing_to_device_by_server ON outgoing_to_device (server, position);

-- What other servers were told of our users' devices, and with an empty device id of their cross-signing keys.
-- `position` is the stream id, `previous` that of the user's update before it.
CREATE TABLE device_updates (
    position INTEGER PRIMARY KEY,
    user_id TEXT NOT NULL,
    device_id TEXT NOT NULL,
    previous INTEGER,
    content TEXT NOT NULL
);

CREATE INDEX device_updates_by_user ON device_updates (user_id, position);
