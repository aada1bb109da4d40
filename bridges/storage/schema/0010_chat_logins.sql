CREATE TABLE chat_logins (
    chat_id TEXT NOT NULL,
    receiver TEXT NOT NULL,
    login_id TEXT NOT NULL,
    PRIMARY KEY (chat_id, receiver, login_id)
);
CREATE INDEX chat_logins_by_login ON chat_logins (login_id);
CREATE INDEX portals_by_login ON portals (login_id);
