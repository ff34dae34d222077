-- Sets `history` to the name of the history of its data that this server is in. A server that starts, and a replica that
-- takes over, begin a new one: what they hold may be older than what was answered before. See decision 7.
local replication = redis.call('INFO', 'replication')
if not string.find(replication, 'role:master', 1, true) then
  return redis.error_reply('READONLY the server is a replica')
end
local history = string.match(replication, 'master_replid:(%x+)')
if not history then
  return redis.error_reply('ERR the server does not name the history of its data')
end
