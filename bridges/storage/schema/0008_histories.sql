CREATE TABLE histories (
    chat_id TEXT NOT NULL,
    receiver TEXT NOT NULL,
    login_id TEXT NOT NULL,
    before_page TEXT,
    filled INTEGER NOT NULL DEFAULT 0,
    is_done INTEGER NOT NULL DEFAULT 0,
    batch TEXT,
    PRIMARY KEY (chat_id, receiver)
);
