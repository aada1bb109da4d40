-- Letters that the mail server has not taken yet, and not to be handed in after `expires_ts`. `sealed` is encrypted: letters
-- carry links that open accounts. `user_id` is whose account it is about, empty for nobody's; `next_ts` is when it is tried.
CREATE TABLE letters (
    position INTEGER PRIMARY KEY,
    user_id TEXT NOT NULL,
    sealed BLOB NOT NULL,
    tries INTEGER NOT NULL,
    next_ts INTEGER NOT NULL,
    expires_ts INTEGER NOT NULL
);

CREATE INDEX letters_by_time ON letters (next_ts);

CREATE INDEX letters_by_user ON letters (user_id);
