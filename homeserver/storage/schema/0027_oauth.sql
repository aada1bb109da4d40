-- OAuth 2.0 and the pages of accounts. Cookies, codes and tokens are kept as their SHA-256 hashes only.

-- Apps, as they described themselves. The id is made from the description: the same app is kept once.
CREATE TABLE oauth_clients (
    client_id TEXT PRIMARY KEY,
    metadata TEXT NOT NULL,
    used_ts INTEGER NOT NULL
);

-- Logins that apps got by OAuth, beside their row in sessions.
CREATE TABLE oauth_sessions (
    session INTEGER PRIMARY KEY,
    client_id TEXT NOT NULL,
    scope TEXT NOT NULL
);

CREATE INDEX oauth_sessions_by_client ON oauth_sessions (client_id);

-- Consent that waits to be exchanged for tokens. `session` is set once it was: a second exchange ends that session.
CREATE TABLE oauth_codes (
    hash BLOB PRIMARY KEY,
    client_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    redirect_uri TEXT NOT NULL,
    challenge TEXT NOT NULL,
    scope TEXT NOT NULL,
    expires_ts INTEGER NOT NULL,
    session INTEGER
);

CREATE INDEX oauth_codes_by_age ON oauth_codes (expires_ts);

-- Devices without a browser that wait for consent given in one. `user_id` is null until somebody has agreed.
CREATE TABLE oauth_device_codes (
    hash BLOB PRIMARY KEY,
    user_code BLOB NOT NULL UNIQUE,
    client_id TEXT NOT NULL,
    scope TEXT NOT NULL,
    expires_ts INTEGER NOT NULL,
    polled_ts INTEGER NOT NULL DEFAULT 0,
    user_id TEXT,
    is_denied INTEGER NOT NULL DEFAULT 0
);

CREATE INDEX oauth_device_codes_by_age ON oauth_device_codes (expires_ts);

-- Browsers that are signed in to the pages. Where `is_whole` is 0 the second factor is still to come.
CREATE TABLE browser_sessions (
    hash BLOB PRIMARY KEY,
    user_id TEXT NOT NULL,
    is_whole INTEGER NOT NULL,
    expires_ts INTEGER NOT NULL
);

CREATE INDEX browser_sessions_by_user ON browser_sessions (user_id);

CREATE INDEX browser_sessions_by_age ON browser_sessions (expires_ts);

-- Who has agreed in the browser that an app may replace the cross-signing keys, until when.
CREATE TABLE cross_signing_approvals (
    user_id TEXT PRIMARY KEY,
    expires_ts INTEGER NOT NULL
);
