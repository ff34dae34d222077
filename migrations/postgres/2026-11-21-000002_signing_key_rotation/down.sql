ALTER TABLE signing_keys DROP COLUMN retired_at;
ALTER TABLE signing_keys DROP COLUMN token_lifetime;
ALTER TABLE signing_keys RENAME COLUMN active_from TO state_since;
ALTER TABLE signing_keys ADD COLUMN state TEXT COLLATE "C" NOT NULL DEFAULT 'active' CHECK (state IN ('active'));
