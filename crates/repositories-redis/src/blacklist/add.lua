-- KEYS: what was revoked, then the position.
-- ARGV: until when, in microseconds, in the same order; then the position that is expected and the new one, both empty
-- where nobody follows the log; then a channel and what to say on it, both empty where nothing is to be said.
local count = #KEYS - 1
local expected, position = ARGV[count + 1], ARGV[count + 2]
local channel, notice = ARGV[count + 3], ARGV[count + 4]

-- The position is lost together with what it stands for. Whoever read another one has to begin where it is now.
if position ~= '' then
  if (redis.call('GET', KEYS[#KEYS]) or '') ~= expected then
    return 0
  end
  redis.call('SET', KEYS[#KEYS], position)
end
for number = 1, count do
  local kept = redis.call('GET', KEYS[number])
  if not kept or tonumber(kept) < tonumber(ARGV[number]) then
    redis.call('SET', KEYS[number], ARGV[number])
    redis.call('PEXPIREAT', KEYS[number], string.format('%.0f', math.ceil(ARGV[number] / 1000)))
  end
end
if channel ~= '' then
  redis.call('PUBLISH', channel, notice)
end
return 1
