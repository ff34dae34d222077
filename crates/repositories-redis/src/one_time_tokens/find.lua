if not redis.call('ZSCORE', list, ARGV[1]) then
  return false
end
return {user, expiry}
