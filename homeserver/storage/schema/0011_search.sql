-- Searching what was said, and reports of what should not have been.

-- All events up to this position have been looked at for words.
CREATE TABLE search_progress (
    position INTEGER NOT NULL
);

-- What users told the administrators. `kind` is room, event or user; ids that do not belong to it are empty.
CREATE TABLE reports (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    reporter TEXT NOT NULL,
    room_id TEXT NOT NULL,
    event_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    reason TEXT NOT NULL,
    received_ts INTEGER NOT NULL
);

CREATE UNIQUE INDEX reports_by_target ON reports (reporter, room_id, event_id, user_id);
