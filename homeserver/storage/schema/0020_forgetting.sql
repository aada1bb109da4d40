-- What is being forgotten, and what is left to say of it.

-- Bans and kicks (at `position`) that redact all that their target said (`user_id`) in this part of the timeline.
CREATE TABLE mass_redactions (
    position INTEGER PRIMARY KEY,
    room INTEGER NOT NULL,
    user_id INTEGER NOT NULL,
    after INTEGER NOT NULL,
    upto INTEGER NOT NULL
);

-- Rooms whose old messages were deleted: up to this running number nothing counts as unread any more.
CREATE TABLE purged_rooms (
    room INTEGER PRIMARY KEY,
    counted INTEGER NOT NULL
);

CREATE INDEX events_redacted ON events (redaction) WHERE redaction IS NOT NULL;
