-- Several tokens are asked about at once. What is done to one is told in a text: a plus and what was found, nothing if there is
-- nothing, or a minus and what went wrong. One that goes wrong leaves the others alone.
local function each(count, work)
  local answers = {}
  for number = 1, count do
    local is_well, answer = pcall(work, number)
    if is_well then
      answers[number] = answer and '+' .. answer or ''
    else
      local error = type(answer) == 'table' and answer.err or tostring(answer)
      -- What is wrong with the script itself has a place in it and no code; older servers put one before every code.
      answers[number] = (string.find(error, '^%u+ ') and '-' or '-ERR ') .. error
    end
  end
  return answers
end
