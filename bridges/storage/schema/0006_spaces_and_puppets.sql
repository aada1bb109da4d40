ALTER TABLE portals ADD COLUMN is_plumbed INTEGER NOT NULL DEFAULT 0;
CREATE TABLE spaces (
    login_id TEXT PRIMARY KEY,
    room_id TEXT NOT NULL
);
CREATE TABLE space_children (
    login_id TEXT NOT NULL,
    room_id TEXT NOT NULL,
    PRIMARY KEY (login_id, room_id)
);
CREATE TABLE no_puppets (user_id TEXT PRIMARY KEY);
