-- What proves who somebody is besides the password. A secret counts once its owner has shown a code of it (is_confirmed);
-- `last_step` is the newest step of time whose code was used, since each works once.
CREATE TABLE totp_secrets (
    user_id TEXT PRIMARY KEY,
    secret BLOB NOT NULL,
    is_confirmed INTEGER NOT NULL DEFAULT 0,
    last_step INTEGER NOT NULL DEFAULT 0
);

-- For who has lost the device that shows the codes: each works once. SHA-256 hashes.
CREATE TABLE recovery_codes (
    user_id TEXT NOT NULL,
    hash BLOB NOT NULL,
    PRIMARY KEY (user_id, hash)
);
