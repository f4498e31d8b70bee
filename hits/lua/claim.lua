-- Move hits to the hand; a hand that is not empty was left by a batch that did not end, and is answered as it is.
-- KEYS token, hand, batch, queue, past
-- ARGV token, most
-- Answers {batch number, entries ...}, or false if the partition was taken by another.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
  return false
end
if redis.call('EXISTS', KEYS[2]) == 0 then
  local room = tonumber(ARGV[2])
  for i = 4, 5 do
    -- to pop first is what a full Redis allows (hits/scripts.py)
    local entries = room > 0 and redis.call('LPOP', KEYS[i], room) or {}
    for from = 1, #entries, 1000 do
      redis.call('RPUSH', KEYS[2], unpack(entries, from, math.min(from + 999, #entries)))
    end
    room = room - #entries
  end
  if room < tonumber(ARGV[2]) then
    redis.call('INCR', KEYS[3])
  end
end
local answer = {tonumber(redis.call('GET', KEYS[3]) or 0)}
for _, entry in ipairs(redis.call('LRANGE', KEYS[2], 0, -1)) do
  answer[#answer + 1] = entry
end
return answer
