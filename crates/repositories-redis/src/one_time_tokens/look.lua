-- KEYS: the token, all expiries.
-- ARGV: digest, member, now in microseconds, what names of lists of its purpose begin with.
local user = redis.call('GET', KEYS[1])
if not user then
  return false
end
local list = ARGV[4] .. user
local entry = redis.call('HGET', list, ARGV[1])
if not entry then
  return false
end
local expiry, written = string.match(entry, '^(%-?%d+) (%x+)$')
if written ~= history or tonumber(ARGV[3]) >= tonumber(expiry) then
  return false
end
