CREATE TABLE kept (
    login_id TEXT NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (login_id, name)
);
