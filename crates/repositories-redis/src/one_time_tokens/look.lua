-- The list of a token, its account and its expiry, which follow each other in one text; nothing if it is none to spend now.
local function look(token, now, lists)
  local found = redis.call('GET', token)
  if not found or string.sub(found, 1, 40) ~= history or tonumber(now) >= tonumber(string.sub(found, 77)) then
    return nil
  end
  return lists .. string.sub(found, 41, 76), string.sub(found, 41)
end
