-- The token pairs of users whom other services own: one row a user. A subject is compared as it came, username_key arrives
-- folded; the two indexes are what binds them to each other (requirement S2).
-- token_data is JSON: of the access and of the refresh token the jti, the SHA-256 digest in base64url, and the times of
-- issue and expiry in microseconds. A token itself is never here. refresh_expires_at repeats one of them for the clean-up.
CREATE TABLE user_tokens (
    id INTEGER NOT NULL PRIMARY KEY,
    subject TEXT NOT NULL,
    username TEXT NOT NULL,
    username_key TEXT NOT NULL,
    token_data TEXT NOT NULL CHECK (json_valid(token_data)),
    refresh_expires_at INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX user_tokens_subject ON user_tokens (subject);
CREATE UNIQUE INDEX user_tokens_username_key ON user_tokens (username_key);
-- The clean-up.
CREATE INDEX user_tokens_refresh_expires_at ON user_tokens (refresh_expires_at);
