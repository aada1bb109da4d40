-- What failed softly, for administrators who want to see it.
CREATE INDEX events_soft_failed ON events (room, position) WHERE standing = 2;
