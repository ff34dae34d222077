-- Accounts. E-mail and username_key arrive folded (requirement A2); the database only keeps them unique.
-- Points in time are microseconds since the Unix epoch, ids are the 16 bytes of a UUIDv7: their order is their age,
-- so the table itself is the index of the keyset listing.
CREATE TABLE users (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    email TEXT NOT NULL,
    username TEXT,
    username_key TEXT,
    full_name TEXT,
    password_hash TEXT NOT NULL,
    security_version INTEGER NOT NULL,
    is_active INTEGER NOT NULL,
    is_verified INTEGER NOT NULL,
    is_staff INTEGER NOT NULL,
    is_superuser INTEGER NOT NULL,
    date_joined INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    last_login INTEGER,
    last_login_ip TEXT,
    CHECK ((username IS NULL) = (username_key IS NULL))
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX users_email ON users (email);
CREATE UNIQUE INDEX users_username_key ON users (username_key);
