-- What administrators do.

ALTER TABLE accounts ADD COLUMN is_shadow_banned INTEGER NOT NULL DEFAULT 0;

ALTER TABLE accounts ADD COLUMN keys_replaceable_until INTEGER;

-- Who asked for which change. `details` is JSON: what of the request's body is no secret.
CREATE TABLE admin_actions (
    id INTEGER PRIMARY KEY,
    ts INTEGER NOT NULL,
    admin TEXT NOT NULL,
    ip TEXT NOT NULL,
    method TEXT NOT NULL,
    path TEXT NOT NULL,
    details TEXT NOT NULL
);

-- Limits for messages that hold for one account instead of everybody's.
CREATE TABLE account_limits (
    user_id TEXT PRIMARY KEY,
    messages_per_second INTEGER NOT NULL,
    burst_count INTEGER NOT NULL
);

-- Rooms that our users cannot enter.
CREATE TABLE blocked_rooms (
    room_id TEXT PRIMARY KEY,
    blocked_by TEXT NOT NULL,
    blocked_ts INTEGER NOT NULL
);

-- Long work that administrators asked for. `wish` and `progress` are JSON.
CREATE TABLE admin_jobs (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    status TEXT NOT NULL,
    wish TEXT NOT NULL,
    progress TEXT NOT NULL,
    begun_ts INTEGER NOT NULL,
    changed_ts INTEGER NOT NULL
);

CREATE INDEX admin_jobs_by_status ON admin_jobs (status, kind);

-- Files that quarantine does not hide.
CREATE TABLE protected_media (
    media_id TEXT PRIMARY KEY
);
