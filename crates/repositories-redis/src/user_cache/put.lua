-- KEYS: the account.
-- ARGV: its version and until when to keep it, in microseconds; milliseconds to keep the key at least beyond that; then
-- names and values of the account.
local known = redis.call('HMGET', KEYS[1], 'version', 'refused_before')
local version = tonumber(ARGV[1])
for _, newer in ipairs(known) do
  if newer and version < tonumber(newer) then
    return 0
  end
end
keep_until(KEYS[1], ARGV[2], ARGV[3], function()
  local refused_before = known[2]
  redis.call('DEL', KEYS[1])
  if refused_before then
    redis.call('HSET', KEYS[1], 'refused_before', refused_before)
  end
  redis.call('HSET', KEYS[1], 'version', ARGV[1], 'until', ARGV[2], unpack(ARGV, 4))
end)
return 1
