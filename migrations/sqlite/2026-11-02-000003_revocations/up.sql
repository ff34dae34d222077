-- Revocations: an append-only log (requirement T8). AUTOINCREMENT never uses a number twice, not even after the
-- clean-up emptied the table, so that a follower's cursor stays good. A revocation that is prolonged moves to the end.
CREATE TABLE revocations (
    seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL CHECK (kind IN ('session', 'token')),
    key BLOB NOT NULL CHECK (length(key) = 16),
    until INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX revocations_key ON revocations (kind, key);
-- The clean-up.
CREATE INDEX revocations_until ON revocations (until);
