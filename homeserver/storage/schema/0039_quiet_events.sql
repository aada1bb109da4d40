-- Events that were old when they entered their rooms: whoever reads again what came meanwhile notifies nobody of them.
CREATE TABLE quiet_events (
    position INTEGER PRIMARY KEY
);
