-- KEYS: all lists; for each token itself, and the list of its account.
-- ARGV: margin in milliseconds, 1 to replace earlier tokens; for each token its expiry in microseconds.
-- A token is a key that says whose it is, until when it is good and in which history it was written; and the entry of its
-- digest in the list of its account. Only the entry makes it a token: without its list, a key is nothing.
local lists, margin, replaces = KEYS[1], tonumber(ARGV[1]), ARGV[2] == '1'

-- The clock of this server only says when nobody can be interested any more; whether a token is good is decided by the
-- moment that comes with the question.
local present = redis.call('TIME')[1] * 1000
local long_ago = (present - margin) * 1000

-- A list is known by when its first token expires. Two that were known by what has long expired are looked at when there is a
-- new one: those that go on are known by its token from now on.
local function know(list, expiry)
  redis.call('ZADD', lists, expiry, list)
  for _, old in ipairs(redis.call('ZRANGEBYSCORE', lists, '-inf', long_ago, 'LIMIT', 0, 2)) do
    if redis.call('EXISTS', old) == 1 then
      redis.call('ZADD', lists, expiry, old)
    else
      redis.call('ZREM', lists, old)
    end
  end
end

-- Sixteen of a list that should be gone are looked at, and those that are gone forgotten.
local function tidy(list, tokens)
  for _, old in ipairs(redis.call('ZRANGEBYSCORE', list, '-inf', long_ago, 'LIMIT', 0, 16)) do
    if redis.call('EXISTS', tokens .. old) == 0 then
      redis.call('ZREM', list, old)
    end
  end
end

local function delete_all(list, tokens)
  for _, digest in ipairs(redis.call('ZRANGE', list, 0, -1)) do
    redis.call('DEL', tokens .. digest)
  end
  redis.call('DEL', list)
end

return each(#ARGV - 2, function(number)
  local token, list, expiry = KEYS[2 * number], KEYS[2 * number + 1], ARGV[number + 2]
  local digest = digest_of(token)
  if replaces then
    delete_all(list, beginning_of(token))
  end
  local keep = math.ceil(math.max(expiry / 1000 - present, 0)) + margin
  redis.call('SET', token, history .. account_of(list) .. expiry, 'PX', keep)
  redis.call('ZADD', list, expiry, digest)
  local left = redis.call('PTTL', list)
  if left < keep then
    redis.call('PEXPIRE', list, keep + margin)
  end
  if left < 0 then
    know(list, expiry)
  end
  -- One in eight, as chance made its digest.
  if string.byte(digest) % 8 == 0 then
    tidy(list, beginning_of(token))
  end
  return ''
end)
