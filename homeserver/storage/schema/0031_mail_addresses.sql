-- Addresses of e-mail that people have shown to be theirs, in small letters. Each belongs to one account.
CREATE TABLE mail_addresses (
    address TEXT PRIMARY KEY,
    user_id TEXT NOT NULL,
    validated_ts INTEGER NOT NULL,
    added_ts INTEGER NOT NULL
);

CREATE INDEX mail_addresses_by_user ON mail_addresses (user_id);

-- Somebody is to show that an address is theirs, by a link in a letter. `token` is the hash of what the link carries, `secret`
-- that of what the app made up which asked, empty for our own pages. `user_id` is whose account it is about, if any.
CREATE TABLE mail_proofs (
    id TEXT PRIMARY KEY,
    purpose TEXT NOT NULL,
    address TEXT NOT NULL,
    user_id TEXT NOT NULL,
    secret BLOB NOT NULL,
    attempt INTEGER NOT NULL,
    next_link TEXT NOT NULL,
    token BLOB NOT NULL UNIQUE,
    expires_ts INTEGER NOT NULL,
    validated_ts INTEGER
);

CREATE INDEX mail_proofs_by_age ON mail_proofs (expires_ts);

CREATE INDEX mail_proofs_by_address ON mail_proofs (address, purpose);
