-- KEYS: the token, the list of its account, all expiries.
-- ARGV: digest, member, account, expiry in microseconds, 1 to replace earlier tokens, margin in milliseconds, what names
-- of tokens begin with, what names of lists begin with.
local token, list, expiries = KEYS[1], KEYS[2], KEYS[3]
local digest, member, user, expiry = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local margin, tokens, owners = tonumber(ARGV[6]), ARGV[7], ARGV[8]

-- The clock of this server only says when nobody can be interested any more; whether a token is good is decided by the
-- moment that comes with the question.
local time = redis.call('TIME')
local left = tonumber(expiry) / 1000 - (time[1] * 1000 + time[2] / 1000)
local keep = math.ceil(math.max(left, 0)) + margin

if ARGV[5] == '1' then
  local purpose = string.match(member, '^([^:]+):')
  for _, earlier in ipairs(redis.call('HKEYS', list)) do
    redis.call('DEL', tokens .. purpose .. ':' .. earlier)
    redis.call('ZREM', expiries, purpose .. ':' .. earlier)
  end
  redis.call('DEL', list)
end
redis.call('HSET', list, digest, expiry .. ' ' .. history)
redis.call('SET', token, user, 'PX', string.format('%.0f', keep))
if redis.call('PTTL', list) < keep then
  redis.call('PEXPIRE', list, string.format('%.0f', keep))
end
redis.call('ZADD', expiries, expiry, member)

-- One in eight, as chance made its digest, takes sixteen away: those that expired half a margin ago, or are gone already.
if string.byte(digest) % 8 == 0 then
  for _, oldest in ipairs(redis.call('ZRANGE', expiries, 0, 15)) do
    if redis.call('PTTL', tokens .. oldest) < margin / 2 then
      forget(tokens, owners, expiries, oldest)
    end
  end
end
return 1
