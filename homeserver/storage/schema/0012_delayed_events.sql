-- Events that people want to be sent later, and for a while what became of them.

-- `position` orders what is due at the same time. `device` is the name of the device that asked, and `appservice` the
-- application service, if one spoke. `sticky` is for how long the event is to be sticky, in ms. `yields` is 1 where
-- another user's event with the same type and state key makes this one superfluous. A row with a `finalised_ts` was
-- sent if it has an `event_id`, else given up: because of the `error` (JSON), or because somebody wished so.
CREATE TABLE delayed_events (
    delay_id TEXT PRIMARY KEY,
    position INTEGER NOT NULL,
    user_id TEXT NOT NULL,
    device TEXT NOT NULL,
    appservice TEXT NOT NULL,
    room_id TEXT NOT NULL,
    type TEXT NOT NULL,
    state_key TEXT,
    content TEXT NOT NULL,
    sticky INTEGER,
    origin_server_ts INTEGER,
    txn_id TEXT,
    yields INTEGER NOT NULL,
    delay INTEGER NOT NULL,
    since_ts INTEGER NOT NULL,
    due_ts INTEGER NOT NULL,
    finalised_ts INTEGER,
    event_id TEXT,
    error TEXT
);

CREATE INDEX delayed_events_due ON delayed_events (due_ts, position) WHERE finalised_ts IS NULL;

CREATE INDEX delayed_events_of_users ON delayed_events (user_id, due_ts, position);

CREATE INDEX delayed_events_finalised ON delayed_events (finalised_ts) WHERE finalised_ts IS NOT NULL;

CREATE UNIQUE INDEX delayed_events_by_transaction ON delayed_events (user_id, device, txn_id, room_id, type)
    WHERE txn_id IS NOT NULL;
