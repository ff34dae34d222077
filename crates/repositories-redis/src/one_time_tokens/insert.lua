-- KEYS: the token, the list of its account, all lists.
-- ARGV: digest, account, expiry in microseconds, 1 to replace earlier tokens, margin in milliseconds, what names of tokens of
-- its purpose begin with.
-- A token is a key that says whose it is, until when it is good and in which history it was written; and the entry of its
-- digest in the list of its account. Only the entry makes it a token: without its list, a key is nothing.
local token, list, lists = KEYS[1], KEYS[2], KEYS[3]
local digest, user, expiry, margin = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[5])

-- The clock of this server only says when nobody can be interested any more; whether a token is good is decided by the
-- moment that comes with the question.
local present = redis.call('TIME')[1] * 1000
local keep = math.ceil(math.max(expiry / 1000 - present, 0)) + margin
local long_ago = (present - margin) * 1000

if ARGV[4] == '1' then
  for _, earlier in ipairs(redis.call('ZRANGE', list, 0, -1)) do
    redis.call('DEL', ARGV[6] .. earlier)
  end
  redis.call('DEL', list)
end
redis.call('SET', token, history .. user .. expiry, 'PX', keep)
redis.call('ZADD', list, expiry, digest)
local left = redis.call('PTTL', list)
if left < keep then
  redis.call('PEXPIRE', list, keep + margin)
end
-- A list is known by when its first token expires. Two that were known by what has long expired are looked at when there is a
-- new one: those that go on are known by its token from now on.
if left < 0 then
  redis.call('ZADD', lists, expiry, list)
  for _, old in ipairs(redis.call('ZRANGEBYSCORE', lists, '-inf', long_ago, 'LIMIT', 0, 2)) do
    if redis.call('EXISTS', old) == 1 then
      redis.call('ZADD', lists, expiry, old)
    else
      redis.call('ZREM', lists, old)
    end
  end
end
-- One in eight, as chance made its digest, looks at sixteen of its list that should be gone, and forgets those that are.
if string.byte(digest) % 8 == 0 then
  for _, old in ipairs(redis.call('ZRANGEBYSCORE', list, '-inf', long_ago, 'LIMIT', 0, 16)) do
    if redis.call('EXISTS', ARGV[6] .. old) == 0 then
      redis.call('ZREM', list, old)
    end
  end
end
return 1
