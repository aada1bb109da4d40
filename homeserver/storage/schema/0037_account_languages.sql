-- The language in which the server speaks to somebody: that of the browser or app of their last sign-in.
CREATE TABLE account_languages (
    user_id TEXT PRIMARY KEY,
    language TEXT NOT NULL
);
