-- Sessions: one row a login, with the counter that says which refresh token is current (requirement T4).
CREATE TABLE sessions (
    id BYTEA NOT NULL PRIMARY KEY CHECK (octet_length(id) = 16),
    user_id BYTEA NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    generation BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    rotated_at BIGINT NOT NULL,
    idle_expires_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    ended_at BIGINT,
    end_reason TEXT,
    CHECK (idle_expires_at <= expires_at),
    CHECK ((ended_at IS NULL) = (end_reason IS NULL))
);

-- All sessions of an account, and the foreign key.
CREATE INDEX sessions_user_id ON sessions (user_id);
-- The clean-up.
CREATE INDEX sessions_idle_expires_at ON sessions (idle_expires_at);
