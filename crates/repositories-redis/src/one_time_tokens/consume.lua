if redis.call('ZREM', list, ARGV[1]) == 0 then
  return false
end
redis.call('DEL', KEYS[1])
return {user, expiry}
