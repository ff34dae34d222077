-- KEYS: the counter.
-- ARGV: now, the interval, the burst and how far clocks may differ, in microseconds; milliseconds to keep the counter
-- beyond its time.
-- This is `Quota::judge`. The answer is what was kept before, by which the caller judges what became of the attempt.
local now, interval, burst, skew = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local kept = redis.call('GET', KEYS[1])
local arrival = kept and tonumber(kept) or now
if arrival > now + burst + skew then
  arrival = now + burst
end
local following = math.max(arrival, now) + interval
if following - now <= burst then
  arrival = following
end
local keep = math.ceil((arrival - now) / 1000) + ARGV[5]
redis.call('SET', KEYS[1], string.format('%.0f', arrival), 'PX', string.format('%.0f', keep))
return kept
