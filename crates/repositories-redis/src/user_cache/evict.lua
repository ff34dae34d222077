-- KEYS: the account.
-- ARGV: the version of the change and until when to refuse older ones, in microseconds; milliseconds to keep the key at
-- least beyond that.
local known = redis.call('HMGET', KEYS[1], 'version', 'refused_before')
keep_until(KEYS[1], ARGV[2], ARGV[3], function()
  if known[1] and tonumber(known[1]) < tonumber(ARGV[1]) then
    redis.call('DEL', KEYS[1])
  end
  if known[2] and tonumber(known[2]) > tonumber(ARGV[1]) then
    redis.call('HSET', KEYS[1], 'refused_before', known[2])
  else
    redis.call('HSET', KEYS[1], 'refused_before', ARGV[1])
  end
end)
return 1
