-- Devices of other servers' users.

-- Whose lists we hold: of users who share a room with users of ours. `base` is the stream id up to which the list is
-- true, null where its server has not said one; `seen` are those of updates since, with spaces between. A list that is
-- `stale` must be fetched anew.
CREATE TABLE remote_device_lists (
    user_id TEXT PRIMARY KEY,
    server TEXT NOT NULL,
    base INTEGER,
    seen TEXT NOT NULL,
    stale INTEGER NOT NULL
);

CREATE INDEX remote_device_lists_stale ON remote_device_lists (server) WHERE stale = 1;

-- Only devices with keys, which are a JSON object.
CREATE TABLE remote_devices (
    user_id TEXT NOT NULL,
    device_id TEXT NOT NULL,
    keys TEXT NOT NULL,
    display_name TEXT,
    PRIMARY KEY (user_id, device_id)
);
