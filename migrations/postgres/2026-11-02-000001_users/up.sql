-- Accounts. E-mail and username_key arrive folded (requirement A2); the database only keeps them unique, and compares
-- bytes (collation "C") whatever the locale of the server is.
-- Points in time are microseconds since the Unix epoch, ids are the 16 bytes of a UUIDv7: their order is their age,
-- so the primary key is the index of the keyset listing.
CREATE TABLE users (
    id BYTEA NOT NULL PRIMARY KEY CHECK (octet_length(id) = 16),
    email TEXT COLLATE "C" NOT NULL,
    username TEXT,
    username_key TEXT COLLATE "C",
    full_name TEXT,
    password_hash TEXT NOT NULL,
    security_version BIGINT NOT NULL,
    is_active BOOLEAN NOT NULL,
    is_verified BOOLEAN NOT NULL,
    is_staff BOOLEAN NOT NULL,
    is_superuser BOOLEAN NOT NULL,
    date_joined BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    last_login BIGINT,
    last_login_ip TEXT,
    CHECK ((username IS NULL) = (username_key IS NULL))
) WITH (fillfactor = 90); -- Each login updates columns that are in no index: with room on its page that costs no index entry.

CREATE UNIQUE INDEX users_email ON users (email);
CREATE UNIQUE INDEX users_username_key ON users (username_key);
