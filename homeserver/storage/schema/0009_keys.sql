-- Keys for end-to-end encryption: public ones, and private ones that only their owners can open.

-- `keys` is the JSON object that others are shown, with the signatures that its owner made.
CREATE TABLE device_keys (
    user_id TEXT NOT NULL,
    device_id TEXT NOT NULL,
    keys TEXT NOT NULL,
    PRIMARY KEY (user_id, device_id)
);

-- A user has one key of each usage: master, self_signing, user_signing. `key` is the JSON object.
CREATE TABLE cross_signing_keys (
    user_id TEXT NOT NULL,
    usage TEXT NOT NULL,
    public_key TEXT NOT NULL,
    key TEXT NOT NULL,
    PRIMARY KEY (user_id, usage)
);

-- Whose master key somebody signed with his user-signing key: nobody but the signer may know.
CREATE TABLE user_signatures (
    signer TEXT NOT NULL,
    user_id TEXT NOT NULL,
    position INTEGER NOT NULL,
    key_id TEXT NOT NULL,
    signature TEXT NOT NULL,
    PRIMARY KEY (signer, user_id)
);

CREATE INDEX user_signatures_by_user ON user_signatures (user_id);

-- Handed out in the order of `position`. `fingerprint` is a hash of the public key.
CREATE TABLE one_time_keys (
    position INTEGER PRIMARY KEY,
    user_id TEXT NOT NULL,
    device_id TEXT NOT NULL,
    algorithm TEXT NOT NULL,
    key_id TEXT NOT NULL,
    fingerprint BLOB NOT NULL,
    key TEXT NOT NULL
);

CREATE INDEX one_time_keys_by_device ON one_time_keys (user_id, device_id, algorithm, position);

-- Keys that were handed out, and never will be again.
CREATE TABLE issued_one_time_keys (
    user_id TEXT NOT NULL,
    device_id TEXT NOT NULL,
    fingerprint BLOB NOT NULL,
    PRIMARY KEY (user_id, device_id, fingerprint)
);

CREATE TABLE fallback_keys (
    user_id TEXT NOT NULL,
    device_id TEXT NOT NULL,
    algorithm TEXT NOT NULL,
    key_id TEXT NOT NULL,
    key TEXT NOT NULL,
    used INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (user_id, device_id, algorithm)
);

-- Versions count up for each user. The row of the newest stays when it is deleted. `etag` counts the changes.
CREATE TABLE key_backups (
    id INTEGER PRIMARY KEY,
    user_id TEXT NOT NULL,
    version INTEGER NOT NULL,
    algorithm TEXT NOT NULL,
    auth_data TEXT NOT NULL,
    etag INTEGER NOT NULL DEFAULT 0,
    count INTEGER NOT NULL DEFAULT 0,
    deleted INTEGER NOT NULL DEFAULT 0,
    UNIQUE (user_id, version)
);

CREATE TABLE backed_up_keys (
    backup INTEGER NOT NULL,
    room_id TEXT NOT NULL,
    session_id TEXT NOT NULL,
    first_message_index INTEGER NOT NULL,
    forwarded_count INTEGER NOT NULL,
    is_verified INTEGER NOT NULL,
    session_data TEXT NOT NULL,
    PRIMARY KEY (backup, room_id, session_id)
);

-- A user's device that sleeps on the server; `device_data` is JSON that only its user can open.
CREATE TABLE dehydrated_devices (
    user_id TEXT PRIMARY KEY,
    device_id TEXT NOT NULL,
    device_data TEXT NOT NULL
);
