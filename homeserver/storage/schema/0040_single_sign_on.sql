-- A browser that was sent to a provider, or came back as somebody whom nobody knows yet (`claims`, JSON). `state` and `browser`
-- are hashes; `user_id` is who wants to be known there, if somebody who is signed in does.
CREATE TABLE sso_visits (
    state BLOB PRIMARY KEY,
    browser BLOB NOT NULL,
    provider TEXT NOT NULL,
    nonce TEXT NOT NULL,
    verifier TEXT NOT NULL,
    next TEXT NOT NULL,
    user_id TEXT NOT NULL,
    claims TEXT NOT NULL,
    expires_ts INTEGER NOT NULL
);

CREATE INDEX sso_visits_by_age ON sso_visits (expires_ts);

-- Whether everything was proved that the account asks for when the token was given out: both steps, where there are two.
ALTER TABLE login_tokens ADD COLUMN is_whole INTEGER NOT NULL DEFAULT 0;
