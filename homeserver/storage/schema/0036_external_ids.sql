-- Who somebody is elsewhere: accounts that a sign-in at another provider leads to.
CREATE TABLE external_ids (
    provider TEXT NOT NULL,
    external_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    PRIMARY KEY (provider, external_id)
);

CREATE INDEX external_ids_by_user ON external_ids (user_id);
