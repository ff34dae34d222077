-- A token is a key that names its account, and an entry of the list of that account, which says until when it is good and
-- in which history it was written. Only the entry makes it a token: without its list, a key is nothing.
local function forget(tokens, owners, expiries, member)
  local purpose, digest = string.match(member, '^([^:]+):(.+)$')
  local user = redis.call('GET', tokens .. member)
  if user then
    redis.call('HDEL', owners .. purpose .. ':' .. user, digest)
    redis.call('DEL', tokens .. member)
  end
  redis.call('ZREM', expiries, member)
end
