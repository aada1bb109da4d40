-- Which threads people follow, or have let go of. `position` is that of the last change. `unsubscribed_at` is the place
-- that the room had reached when the user let go: what mentions the user before that subscribes to nothing.
CREATE TABLE thread_subscriptions (
    user_id INTEGER NOT NULL,
    room INTEGER NOT NULL,
    root TEXT NOT NULL,
    position INTEGER NOT NULL,
    subscribed INTEGER NOT NULL,
    automatic INTEGER NOT NULL,
    unsubscribed_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, room, root)
);

CREATE INDEX thread_subscriptions_by_change ON thread_subscriptions (user_id, position);

CREATE INDEX thread_subscribers ON thread_subscriptions (root) WHERE subscribed = 1;
