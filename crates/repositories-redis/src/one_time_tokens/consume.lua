-- KEYS: the tokens.
-- ARGV: for each of them now in microseconds, and what names of lists of its purpose begin with.
return each(#KEYS, function(number)
  local token = KEYS[number]
  local list, found = look(token, ARGV[2 * number - 1], ARGV[2 * number])
  if not found or redis.call('ZREM', list, digest_of(token)) == 0 then
    return nil
  end
  redis.call('DEL', token)
  return found
end)
