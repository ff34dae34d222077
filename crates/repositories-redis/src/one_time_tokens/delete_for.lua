-- KEYS: all expiries, then the lists of the account.
-- ARGV: what names of tokens begin with, then the purposes in the order of the lists.
for number = 2, #KEYS do
  for _, digest in ipairs(redis.call('HKEYS', KEYS[number])) do
    local member = ARGV[number] .. ':' .. digest
    redis.call('DEL', ARGV[1] .. member)
    redis.call('ZREM', KEYS[1], member)
  end
  redis.call('DEL', KEYS[number])
end
return 1
