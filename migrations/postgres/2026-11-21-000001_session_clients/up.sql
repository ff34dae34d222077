-- Where a session is used, for its owner to recognise it by: when it was opened or refreshed last, and by which client.
-- Sessions from before have none of it until their next refresh, nor what an older version opens meanwhile.
ALTER TABLE sessions ADD COLUMN last_used_at BIGINT;
ALTER TABLE sessions ADD COLUMN ip TEXT COLLATE "C" CHECK (octet_length(ip) <= 45);
ALTER TABLE sessions ADD COLUMN user_agent TEXT COLLATE "C" CHECK (char_length(user_agent) <= 200);

-- All sessions of an account, now in the order of its pages too, and the foreign key.
CREATE INDEX sessions_user_id_id ON sessions (user_id, id);
DROP INDEX sessions_user_id;
