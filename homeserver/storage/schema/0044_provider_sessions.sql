-- What came of a session at a provider (`sid` as it calls it, or empty): a browser or a code by its hash, then a device.
-- It ends with that session where the provider tells us so.
CREATE TABLE provider_sessions (
    position INTEGER PRIMARY KEY,
    provider TEXT NOT NULL,
    sid TEXT NOT NULL,
    user_id TEXT NOT NULL,
    hash BLOB NOT NULL,
    device_id TEXT,
    expires_ts INTEGER
);

CREATE INDEX provider_sessions_by_user ON provider_sessions (user_id);

CREATE INDEX provider_sessions_by_sid ON provider_sessions (sid);

CREATE INDEX provider_sessions_by_hash ON provider_sessions (hash);
