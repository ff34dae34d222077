-- KEYS: the token.
-- ARGV: digest, now in microseconds, what names of lists of its purpose begin with.
local token = redis.call('GET', KEYS[1])
if not token or string.sub(token, 1, 40) ~= history then
  return false
end
local user, expiry = string.sub(token, 41, 76), string.sub(token, 77)
if tonumber(ARGV[2]) >= tonumber(expiry) then
  return false
end
local list = ARGV[3] .. user
