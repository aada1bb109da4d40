-- Passkeys (WebAuthn): public keys, by the id that the authenticator gave. `counter` grows with each use where the
-- authenticator counts; one that falls behind was copied.
CREATE TABLE passkeys (
    id BLOB PRIMARY KEY,
    user_id TEXT NOT NULL,
    public_key BLOB NOT NULL,
    counter INTEGER NOT NULL,
    name TEXT NOT NULL,
    created_ts INTEGER NOT NULL,
    used_ts INTEGER
);

CREATE INDEX passkeys_by_user ON passkeys (user_id);

-- When a passkey was shown in this browser last.
ALTER TABLE browser_sessions ADD COLUMN passkey_ts INTEGER;
