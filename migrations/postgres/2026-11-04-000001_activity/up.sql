-- The activity log: what happened to an account. Ids are made from the time, so that their order is that of the log.
-- There is no foreign key: an account that is gone by the time its last entries are written is no reason to lose those
-- that are written along with them.
CREATE TABLE activity (
    id BYTEA NOT NULL PRIMARY KEY CHECK (octet_length(id) = 16),
    user_id BYTEA NOT NULL CHECK (octet_length(user_id) = 16),
    event TEXT COLLATE "C" NOT NULL,
    happened_at BIGINT NOT NULL,
    ip TEXT,
    user_agent TEXT
);

-- The pages of one account.
CREATE INDEX activity_user_id ON activity (user_id, id);
-- The clean-up.
CREATE INDEX activity_happened_at ON activity (happened_at);
