-- Has `change` change a key, which afterwards lives as long as before, or longer. The clock of this server only says when
-- nobody can be interested any more.
local function keep_until(key, moment, margin, change)
  local time = redis.call('TIME')
  local left = tonumber(moment) / 1000 - (time[1] * 1000 + time[2] / 1000)
  local keep = math.max(math.ceil(math.max(left, 0)) + margin, redis.call('PTTL', key))
  change()
  redis.call('PEXPIRE', key, string.format('%.0f', keep))
end
