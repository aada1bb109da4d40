-- What belongs to users: profiles, account data, filters, push rules, presence, messages to devices.

-- `fields` is a JSON object: all that the user says about himself.
CREATE TABLE profiles (
    user_id TEXT PRIMARY KEY,
    fields TEXT NOT NULL
);

-- `room_id` is empty for global data. A deleted row stays, so that syncs tell of it once.
CREATE TABLE account_data (
    user_id TEXT NOT NULL,
    room_id TEXT NOT NULL,
    type TEXT NOT NULL,
    position INTEGER NOT NULL,
    content TEXT NOT NULL,
    deleted INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (user_id, room_id, type)
);

CREATE INDEX account_data_by_position ON account_data (user_id, position);

-- A filter's id is a hash of its content.
CREATE TABLE filters (
    user_id TEXT NOT NULL,
    filter_id TEXT NOT NULL,
    position INTEGER NOT NULL,
    content TEXT NOT NULL,
    PRIMARY KEY (user_id, filter_id)
);

-- What differs from the default push rules; `position` is that of the last change.
CREATE TABLE push_rules (
    user_id TEXT PRIMARY KEY,
    position INTEGER NOT NULL,
    rules TEXT NOT NULL
);

-- `content` is the pusher as its owner sees it.
CREATE TABLE pushers (
    user_id TEXT NOT NULL,
    app_id TEXT NOT NULL,
    pushkey TEXT NOT NULL,
    device_id TEXT NOT NULL,
    position INTEGER NOT NULL,
    content TEXT NOT NULL,
    PRIMARY KEY (user_id, app_id, pushkey)
);

CREATE INDEX pushers_by_pushkey ON pushers (pushkey, app_id);

-- Who was not offline, and who left a status message.
CREATE TABLE presence (
    user_id TEXT PRIMARY KEY,
    position INTEGER NOT NULL,
    state TEXT NOT NULL,
    status_msg TEXT,
    last_active INTEGER NOT NULL
);

-- Everybody whom the server knows. `words` is what a search looks into, `shown` what it answers.
CREATE TABLE user_directory (
    user_id TEXT PRIMARY KEY,
    words TEXT NOT NULL,
    shown TEXT NOT NULL
);

-- Rooms that anybody may enter or read: their members are visible to all.
CREATE TABLE open_rooms (
    room INTEGER PRIMARY KEY
);

CREATE TABLE to_device (
    position INTEGER PRIMARY KEY,
    user_id TEXT NOT NULL,
    device_id TEXT NOT NULL,
    message TEXT NOT NULL
);

CREATE INDEX to_device_by_device ON to_device (user_id, device_id, position);

-- Requests that have been carried out; `device` names the one that asked.
CREATE TABLE to_device_requests (
    device TEXT NOT NULL,
    type TEXT NOT NULL,
    txn_id TEXT NOT NULL,
    sent INTEGER NOT NULL,
    PRIMARY KEY (device, type, txn_id)
);

CREATE INDEX to_device_requests_by_age ON to_device_requests (sent);

-- Only a hash of each token is kept.
CREATE TABLE openid_tokens (
    hash TEXT PRIMARY KEY,
    user_id TEXT NOT NULL,
    expires INTEGER NOT NULL
);

CREATE INDEX openid_tokens_by_age ON openid_tokens (expires);
