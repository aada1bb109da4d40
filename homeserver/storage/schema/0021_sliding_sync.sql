-- What clients were sent over sliding sync, and what its lists are made of.

-- The types of rooms that have one: spaces and the like.
CREATE TABLE room_types (
    room INTEGER PRIMARY KEY,
    type TEXT NOT NULL
);

-- `device` names the device. `used_ts` is when it was last used, to the day.
CREATE TABLE sliding_connections (
    id INTEGER PRIMARY KEY,
    device TEXT NOT NULL,
    conn_id TEXT NOT NULL,
    used_ts INTEGER NOT NULL,
    UNIQUE (device, conn_id)
);

CREATE INDEX sliding_connections_by_age ON sliding_connections (used_ts);

-- What changed in what a connection was sent: all rows of a connection, in order, give where it stands. `place` is the
-- place on the number line up to which the answer told of its rooms; `change` is JSON, the rooms in it by number.
CREATE TABLE sliding_versions (
    connection INTEGER NOT NULL,
    version INTEGER NOT NULL,
    place INTEGER NOT NULL,
    change TEXT NOT NULL,
    PRIMARY KEY (connection, version)
);
