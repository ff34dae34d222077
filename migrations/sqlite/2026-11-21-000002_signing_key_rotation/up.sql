-- Keys that take over from each other. A key signs from active_from on; what it is at any moment follows from these times
-- and the clock. token_lifetime is the longest that a token signed with it may live. Tokens that were signed before it was
-- noted are taken to live for up to thirty days. The one key of an existing installation stays the one that signs.
ALTER TABLE signing_keys DROP COLUMN state;
ALTER TABLE signing_keys RENAME COLUMN state_since TO active_from;
ALTER TABLE signing_keys ADD COLUMN token_lifetime INTEGER NOT NULL DEFAULT 2592000000000;
ALTER TABLE signing_keys ADD COLUMN retired_at INTEGER;
