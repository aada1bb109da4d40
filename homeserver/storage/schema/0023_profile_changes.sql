-- When each field of a profile was last set or removed: syncs tell of it.
CREATE TABLE profile_changes (
    user_id TEXT NOT NULL,
    field TEXT NOT NULL,
    position INTEGER NOT NULL,
    PRIMARY KEY (user_id, field)
);

CREATE INDEX profile_changes_by_position ON profile_changes (position);

CREATE INDEX profile_changes_by_field ON profile_changes (field);
