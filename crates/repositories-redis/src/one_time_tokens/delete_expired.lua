-- KEYS: all expiries.
-- ARGV: now in microseconds, the limit, what names of tokens begin with, what names of lists begin with.
local expired = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'LIMIT', 0, ARGV[2])
for _, member in ipairs(expired) do
  forget(ARGV[3], ARGV[4], KEYS[1], member)
end
return #expired
