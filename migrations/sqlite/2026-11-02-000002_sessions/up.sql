-- Sessions: one row a login, with the counter that says which refresh token is current (requirement T4).
CREATE TABLE sessions (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    generation INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    rotated_at INTEGER NOT NULL,
    idle_expires_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    ended_at INTEGER,
    end_reason TEXT,
    CHECK (idle_expires_at <= expires_at),
    CHECK ((ended_at IS NULL) = (end_reason IS NULL))
) STRICT, WITHOUT ROWID;

-- All sessions of an account, and the foreign key.
CREATE INDEX sessions_user_id ON sessions (user_id);
-- The clean-up.
CREATE INDEX sessions_idle_expires_at ON sessions (idle_expires_at);
