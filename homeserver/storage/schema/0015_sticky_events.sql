-- Events that are shown to everybody in their room until they expire. `since` is the place where they came into the
-- room's timeline, 0 for those that the room's state did not allow when they came, and which may yet be let in.
CREATE TABLE sticky_events (
    position INTEGER PRIMARY KEY,
    room INTEGER NOT NULL,
    since INTEGER NOT NULL,
    expires_ts INTEGER NOT NULL
);

CREATE INDEX sticky_events_by_expiry ON sticky_events (expires_ts);
