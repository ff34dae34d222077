-- KEYS: all lists.
-- ARGV: now in microseconds, the limit, what names of lists begin with, what names of tokens begin with.
-- Lists that are gone are many after a quiet time, and cost little: ten of them are looked at for each token that may be deleted.
local lists, now, limit = KEYS[1], ARGV[1], tonumber(ARGV[2])
local deleted = 0
for _, list in ipairs(redis.call('ZRANGEBYSCORE', lists, '-inf', now, 'LIMIT', 0, 10 * limit)) do
  if deleted == limit then
    break
  end
  local purpose = string.match(string.sub(list, #ARGV[3] + 1), '^[^:]+:')
  for _, digest in ipairs(redis.call('ZRANGEBYSCORE', list, '-inf', now, 'LIMIT', 0, limit - deleted)) do
    redis.call('DEL', ARGV[4] .. purpose .. digest)
    redis.call('ZREM', list, digest)
    deleted = deleted + 1
  end
  local next = redis.call('ZRANGE', list, 0, 0, 'WITHSCORES')
  if next[2] then
    redis.call('ZADD', lists, next[2], list)
  else
    redis.call('ZREM', lists, list)
  end
end
return deleted
