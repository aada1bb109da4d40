-- Accounts, devices and logins. Tokens are kept as their SHA-256 hashes only.

CREATE TABLE accounts (
    user_id TEXT PRIMARY KEY,
    password_hash TEXT,
    created_ts INTEGER NOT NULL,
    appservice TEXT NOT NULL DEFAULT '',
    user_type TEXT,
    agreed_terms TEXT,
    is_guest INTEGER NOT NULL DEFAULT 0,
    is_admin INTEGER NOT NULL DEFAULT 0,
    is_unlimited INTEGER NOT NULL DEFAULT 0,
    is_locked INTEGER NOT NULL DEFAULT 0,
    is_suspended INTEGER NOT NULL DEFAULT 0,
    is_deactivated INTEGER NOT NULL DEFAULT 0,
    is_erased INTEGER NOT NULL DEFAULT 0,
    is_leaving INTEGER NOT NULL DEFAULT 0
);

CREATE INDEX accounts_of_admins ON accounts (user_id) WHERE is_admin = 1;

CREATE INDEX accounts_leaving ON accounts (user_id) WHERE is_leaving = 1;

CREATE TABLE devices (
    user_id TEXT NOT NULL,
    device_id TEXT NOT NULL,
    display_name TEXT,
    created_ts INTEGER NOT NULL,
    last_seen_ts INTEGER,
    last_seen_ip TEXT,
    last_seen_user_agent TEXT,
    PRIMARY KEY (user_id, device_id)
);

-- The place on the number line where somebody's list of devices (or their keys) changed last.
CREATE TABLE device_lists (
    user_id TEXT PRIMARY KEY,
    position INTEGER NOT NULL
);

CREATE INDEX device_lists_by_position ON device_lists (position);

-- A login: one a device. Tokens of an older generation than the session's have been replaced.
CREATE TABLE sessions (
    id INTEGER PRIMARY KEY,
    user_id TEXT NOT NULL,
    device_id TEXT NOT NULL,
    generation INTEGER NOT NULL,
    created_ts INTEGER NOT NULL,
    UNIQUE (user_id, device_id)
);

CREATE TABLE session_tokens (
    hash BLOB PRIMARY KEY,
    session INTEGER NOT NULL,
    generation INTEGER NOT NULL,
    refreshes INTEGER NOT NULL,
    expires_ts INTEGER
);

CREATE INDEX session_tokens_by_session ON session_tokens (session, generation);

-- For logging in another device: each works once.
CREATE TABLE login_tokens (
    hash BLOB PRIMARY KEY,
    user_id TEXT NOT NULL,
    expires_ts INTEGER NOT NULL
);

CREATE INDEX login_tokens_by_age ON login_tokens (expires_ts);

CREATE TABLE registration_tokens (
    token TEXT PRIMARY KEY,
    uses_allowed INTEGER,
    uses INTEGER NOT NULL DEFAULT 0,
    expires_ts INTEGER
);

-- `completed` is a JSON object: a stage and what it proved. `request` is the hash of what was asked for.
CREATE TABLE interactive_sessions (
    id TEXT PRIMARY KEY,
    operation TEXT NOT NULL,
    user_id TEXT NOT NULL,
    completed TEXT NOT NULL,
    request BLOB NOT NULL,
    created_ts INTEGER NOT NULL
);

CREATE INDEX interactive_sessions_by_age ON interactive_sessions (created_ts);
