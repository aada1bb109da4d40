-- What telephones, browsers and mailboxes are told.

-- `enabled` as its user set it (MSC3881); `activated` once its owner has proved to be there; `set_ts` is when it was last
-- set; `badge` is the number of unread messages that it was last told.
ALTER TABLE pushers ADD COLUMN enabled INTEGER NOT NULL DEFAULT 1;
ALTER TABLE pushers ADD COLUMN activated INTEGER NOT NULL DEFAULT 1;
ALTER TABLE pushers ADD COLUMN set_ts INTEGER NOT NULL DEFAULT 0;
ALTER TABLE pushers ADD COLUMN badge INTEGER NOT NULL DEFAULT 0;

-- A pusher's position is its number: it stays when the pusher is changed.
CREATE UNIQUE INDEX pushers_by_position ON pushers (position);

-- With what a pusher that waits for its activation is activated.
CREATE TABLE pusher_proofs (
    pusher INTEGER PRIMARY KEY,
    hash BLOB NOT NULL,
    expires_ts INTEGER NOT NULL
);

-- What each pusher still has to be told, in order: `event` is the position of the event, `since_ts` when it was queued.
CREATE TABLE push_queue (
    pusher INTEGER NOT NULL,
    position INTEGER NOT NULL,
    event INTEGER NOT NULL,
    tweaks TEXT NOT NULL,
    since_ts INTEGER NOT NULL,
    PRIMARY KEY (pusher, position)
);

-- Gateways, or single pushers at them, that did not take what they were told, and when they are asked again.
CREATE TABLE push_pauses (
    name TEXT PRIMARY KEY,
    since_ts INTEGER NOT NULL,
    retry_ts INTEGER NOT NULL,
    wait_ms INTEGER NOT NULL
);

-- When a mailbox got its last letter, and how long it has rest after that.
CREATE TABLE mail_rhythms (
    pusher INTEGER PRIMARY KEY,
    last_ts INTEGER NOT NULL,
    wait_ms INTEGER NOT NULL
);

-- Random keys of this server that nobody else needs.
CREATE TABLE server_secrets (
    name TEXT PRIMARY KEY,
    value BLOB NOT NULL
);
