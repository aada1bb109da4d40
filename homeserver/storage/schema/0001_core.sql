-- Rooms, events, state. INTEGER is 64 bits wide on both databases.

CREATE TABLE line (
    reserved INTEGER NOT NULL
);

-- Room ids, user ids, event types, state keys, devices ("user device"): one number each.
CREATE TABLE names (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
);

-- The head of a room. `state` is the root of its current state tree; null for rooms that are only known from an
-- invite to them, or a knock on them.
CREATE TABLE rooms (
    room INTEGER PRIMARY KEY,
    version TEXT NOT NULL,
    state BLOB
);

-- Only rooms that have forked: without rows here the newest event is the one extremity.
CREATE TABLE extremities (
    room INTEGER NOT NULL,
    event_id TEXT NOT NULL,
    PRIMARY KEY (room, event_id)
);

-- `place` orders a room's timeline: the position of live events, falling numbers for history fetched later; null for
-- what is no part of it. `state` is the root of the state tree before the event, null where nobody has asked for it
-- (outliers); `current` is that of the room's state when the event came, if it came on a fork.
-- `standing` is 0 for events like any other, 1 for those that the rules reject, 2 for those that the rules reject only
-- by the room's state when they came (soft failure).
-- `replaces` is the position of the state event whose place it took. `counted` is the running number, in its room, of
-- events that notify a member with default push rules. `redaction` is the position of the event that redacted this one.
CREATE TABLE events (
    position INTEGER PRIMARY KEY,
    event_id TEXT NOT NULL UNIQUE,
    room INTEGER NOT NULL,
    place INTEGER,
    type INTEGER NOT NULL,
    state_key INTEGER,
    sender INTEGER NOT NULL,
    depth INTEGER NOT NULL,
    origin_server_ts INTEGER NOT NULL,
    state BLOB,
    current BLOB,
    replaces INTEGER,
    counted INTEGER NOT NULL DEFAULT 0,
    redaction INTEGER,
    standing INTEGER NOT NULL DEFAULT 0,
    device INTEGER,
    txn_id TEXT,
    json TEXT NOT NULL
);

CREATE UNIQUE INDEX events_by_place ON events (room, place);

CREATE UNIQUE INDEX events_by_transaction ON events (device, txn_id, room, type) WHERE txn_id IS NOT NULL;

-- Nodes of the state trees, by the hash of their bytes.
CREATE TABLE state_nodes (
    hash BLOB PRIMARY KEY,
    body BLOB NOT NULL
);

CREATE TABLE current_state (
    room INTEGER NOT NULL,
    type INTEGER NOT NULL,
    state_key INTEGER NOT NULL,
    position INTEGER NOT NULL,
    PRIMARY KEY (room, type, state_key)
);

-- The newest membership of each user in each room. `position` is its event's; it has held since `moved`: later than
-- that where a fork made an older event count. `forgotten` hides a left room from its user.
CREATE TABLE memberships (
    user_id INTEGER NOT NULL,
    room INTEGER NOT NULL,
    membership TEXT NOT NULL,
    position INTEGER NOT NULL,
    moved INTEGER NOT NULL,
    sender INTEGER NOT NULL,
    forgotten INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (user_id, room)
);

CREATE INDEX memberships_by_room ON memberships (room, membership);

-- m.relates_to of each event that has one. `counted` as in events, but for this one event: 0 or 1.
CREATE TABLE relations (
    position INTEGER PRIMARY KEY,
    room INTEGER NOT NULL,
    relates_to TEXT NOT NULL,
    rel_type TEXT NOT NULL,
    type INTEGER NOT NULL,
    sender INTEGER NOT NULL,
    aggregation_key TEXT,
    counted INTEGER NOT NULL
);

CREATE INDEX relations_by_target ON relations (relates_to, rel_type, position);

CREATE INDEX threads_by_room ON relations (room, rel_type, position);

-- Who is highlighted by an event under default push rules; a null user stands for the whole room.
CREATE TABLE highlights (
    room INTEGER NOT NULL,
    position INTEGER NOT NULL,
    user_id INTEGER
);

CREATE INDEX highlights_by_room ON highlights (room, position);

-- Events by users of other servers of which the room's servers hear from this one: they came and went through us.
CREATE TABLE handed_in (
    position INTEGER PRIMARY KEY,
    event_id TEXT NOT NULL
);

-- Events that timelines lack. Each belongs before the event at `place`.
CREATE TABLE missing_events (
    room INTEGER NOT NULL,
    event_id TEXT NOT NULL,
    place INTEGER NOT NULL,
    PRIMARY KEY (room, event_id)
);

CREATE INDEX missing_events_by_place ON missing_events (room, place);

-- Redactions that came before the events they aim at.
CREATE TABLE early_redactions (
    event_id TEXT NOT NULL,
    position INTEGER NOT NULL,
    PRIMARY KEY (event_id, position)
);

-- What other servers told of rooms to which they invited our users, or on which our users knocked: stripped state, and which server told it.
CREATE TABLE room_previews (
    user_id INTEGER NOT NULL,
    room INTEGER NOT NULL,
    server TEXT NOT NULL,
    state TEXT NOT NULL,
    PRIMARY KEY (user_id, room)
);

-- Received events that their sender counts as delivered, though they still wait for their room.
CREATE TABLE incoming_events (
    event_id TEXT PRIMARY KEY,
    origin TEXT NOT NULL,
    room_id TEXT NOT NULL,
    json TEXT NOT NULL
);

-- Transactions of other servers, with what was answered.
CREATE TABLE received_transactions (
    origin TEXT NOT NULL,
    txn_id TEXT NOT NULL,
    received_ts INTEGER NOT NULL,
    answer TEXT NOT NULL,
    PRIMARY KEY (origin, txn_id)
);

CREATE INDEX received_transactions_by_time ON received_transactions (received_ts);
