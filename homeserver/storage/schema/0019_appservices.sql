-- What application services are to get. All events up to `place` have been delivered, or are in the transaction under
-- way: `txn_id` and `body`. While the service does not answer, it is tried again at `retry_ts`.
CREATE TABLE appservice_queues (
    service TEXT PRIMARY KEY,
    place INTEGER NOT NULL,
    txn_id TEXT NOT NULL,
    body TEXT,
    since_ts INTEGER,
    retry_ts INTEGER,
    wait_ms INTEGER
);
