-- Calls on LiveKit.

-- Who was let into which call. `room` and `user_id` are names; `base_url` is the homeserver that has the user's delayed
-- leave, empty for this one. Where `delay_id` is set, that leave is in our hands: it is put off again at `due_ts`, and
-- sent when the participant, once `present`, is gone.
CREATE TABLE call_seats (
    call TEXT NOT NULL,
    identity TEXT NOT NULL,
    room INTEGER NOT NULL,
    user_id INTEGER NOT NULL,
    given_ts INTEGER NOT NULL,
    delay_id TEXT,
    delay_ms INTEGER NOT NULL DEFAULT 0,
    base_url TEXT NOT NULL DEFAULT '',
    due_ts INTEGER NOT NULL DEFAULT 0,
    present INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (call, identity)
);

CREATE INDEX call_seats_by_user ON call_seats (user_id, room);
CREATE INDEX call_seats_by_due ON call_seats (due_ts) WHERE delay_id IS NOT NULL;
