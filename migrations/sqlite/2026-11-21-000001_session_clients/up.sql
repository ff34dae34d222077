-- Where a session is used, for its owner to recognise it by: when it was opened or refreshed last, and by which client.
-- Sessions from before have none of it until their next refresh, nor what an older version opens meanwhile.
ALTER TABLE sessions ADD COLUMN last_used_at INTEGER;
ALTER TABLE sessions ADD COLUMN ip TEXT CHECK (length(ip) <= 45);
ALTER TABLE sessions ADD COLUMN user_agent TEXT CHECK (length(user_agent) <= 200);

-- An entry of sessions_user_id ends with the id of its session, the key of the table: it is in the order of the pages of
-- an account already.
