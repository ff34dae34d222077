-- Sets `history` to the name of the history of its data that this server is in: forty digits. A server that starts, and a
-- replica that takes over, begin a new one: what they hold may be older than what was answered before. See decision 10.
local replication = redis.call('INFO', 'replication')
if not string.find(replication, 'role:master', 1, true) then
  return redis.error_reply('READONLY the server is a replica')
end
local _, before = string.find(replication, 'master_replid:', 1, true)
if not before then
  return redis.error_reply('ERR the server does not name the history of its data')
end
local history = string.sub(replication, before + 1, before + 40)
