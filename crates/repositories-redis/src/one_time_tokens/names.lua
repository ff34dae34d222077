-- The name of a token ends with its digest, that of a list with its account.
local function digest_of(token)
  return string.sub(token, -43)
end

local function account_of(list)
  return string.sub(list, -36)
end

-- What the names of all tokens of its purpose begin with.
local function beginning_of(token)
  return string.sub(token, 1, -44)
end
