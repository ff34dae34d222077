-- KEYS: the counter.
-- ARGV: now and the interval in microseconds, milliseconds to keep the counter beyond its time.
-- This is `Quota::forgive`.
local kept = redis.call('GET', KEYS[1])
if not kept then
  return 0
end
local now, arrival = tonumber(ARGV[1]), tonumber(kept) - tonumber(ARGV[2])
if now < arrival then
  local keep = math.ceil((arrival - now) / 1000) + ARGV[3]
  redis.call('SET', KEYS[1], string.format('%.0f', arrival), 'PX', string.format('%.0f', keep))
else
  redis.call('DEL', KEYS[1])
end
return 1
