-- Signing keys (requirement T9). The private half arrives sealed.
CREATE TABLE signing_keys (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    algorithm TEXT COLLATE "C" NOT NULL,
    public_key BYTEA NOT NULL,
    sealed_private_key BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('active')),
    state_since BIGINT NOT NULL
);

CREATE INDEX signing_keys_algorithm ON signing_keys (algorithm, created_at);
