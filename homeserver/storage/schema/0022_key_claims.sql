-- How many times one-time keys were handed out: a file beside the database says so too, and tells whether the database
-- was put back to an older state.
CREATE TABLE key_claims (
    counted INTEGER NOT NULL
);
