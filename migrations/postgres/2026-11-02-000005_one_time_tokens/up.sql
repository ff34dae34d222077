-- One-time tokens, by the SHA-256 of their secrets (requirement T7). A token that is spent is gone. There is no foreign
-- key: where these rows are kept elsewhere there is no table of accounts beside them, and the promise is the same.
CREATE TABLE one_time_tokens (
    digest BYTEA NOT NULL CHECK (octet_length(digest) = 32),
    purpose TEXT COLLATE "C" NOT NULL CHECK (purpose IN ('one_time', 'password_reset', 'email_verification')),
    user_id BYTEA NOT NULL CHECK (octet_length(user_id) = 16),
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (digest, purpose)
);

-- All tokens of an account, to replace or delete them.
CREATE INDEX one_time_tokens_user_id ON one_time_tokens (user_id, purpose);
-- The clean-up.
CREATE INDEX one_time_tokens_expires_at ON one_time_tokens (expires_at);
