-- Places that were left free in rooms of application services, for history: from `start` up to and without `upto`.
CREATE TABLE history_places (
    room INTEGER PRIMARY KEY,
    start INTEGER NOT NULL,
    upto INTEGER NOT NULL
);
