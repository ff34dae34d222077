-- Signing keys (requirement T9). The private half arrives sealed.
CREATE TABLE signing_keys (
    id TEXT NOT NULL PRIMARY KEY,
    algorithm TEXT NOT NULL,
    public_key BLOB NOT NULL,
    sealed_private_key BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('active')),
    state_since INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX signing_keys_algorithm ON signing_keys (algorithm, created_at);
