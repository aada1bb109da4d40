-- Registration tokens that members made as invitations; empty where an administrator made them.
ALTER TABLE registration_tokens ADD COLUMN created_by TEXT NOT NULL DEFAULT '';
