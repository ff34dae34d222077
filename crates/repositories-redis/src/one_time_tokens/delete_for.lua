-- KEYS: the lists of the account.
-- ARGV: what names of tokens begin with, for each list.
for number, list in ipairs(KEYS) do
  for _, digest in ipairs(redis.call('ZRANGE', list, 0, -1)) do
    redis.call('DEL', ARGV[number] .. digest)
  end
  redis.call('DEL', list)
end
return 1
