-- Whether who is signed in (`user_id`) went to the provider to show once more who they are.
ALTER TABLE sso_visits ADD COLUMN proves INTEGER NOT NULL DEFAULT 0;
