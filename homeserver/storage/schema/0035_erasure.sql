-- Who wanted to be forgotten, since which place on the number line; `removed` is JSON: how many rows of which table went.
-- Who came into a room after that gets what they said there redacted.
CREATE TABLE erased_users (
    user_id TEXT PRIMARY KEY,
    position INTEGER NOT NULL,
    erased_ts INTEGER NOT NULL,
    removed TEXT NOT NULL
);

INSERT INTO erased_users (user_id, position, erased_ts, removed)
SELECT user_id, (SELECT COALESCE(MAX(position), 0) FROM events), 0, '{}' FROM accounts WHERE is_erased = 1;
