-- Change what a partition holds, all at once, if its lease was not taken by another.
-- KEYS token, hand, ledger, clients, touched, clock, dead, queue, orders, erased, unwritten
-- ARGV token, milliseconds now, clock, empty the hand? (0 or 1), end the first order? (0 or 1), then nine lists, each behind its length:
--   states (client id, state), clients gone (client id), ledger (field, count),
--   dead letters (receipt, letter), dead letters gone (receipt), hits back to the queue (entry), marks of erasure (what, ms),
--   clients whose documents are put off (client id), and those whose are written now (client id)
-- Answers 1, or 0 when it was fenced off.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
  return 0
end
redis.call('PERSIST', KEYS[1])
local i = 6
local function each(width, change)
  local last = i + tonumber(ARGV[i])
  i = i + 1
  while i <= last do
    change(ARGV[i], ARGV[i + 1])
    i = i + width
  end
end
each(2, function(client, state)
  redis.call('HSET', KEYS[4], client, state)
  redis.call('ZADD', KEYS[5], ARGV[2], client)
end)
each(1, function(client)
  redis.call('HDEL', KEYS[4], client)
  redis.call('ZREM', KEYS[5], client)
  redis.call('ZREM', KEYS[11], client)
end)
each(2, function(field, count)
  if redis.call('HINCRBY', KEYS[3], field, count) == 0 then
    redis.call('HDEL', KEYS[3], field)
  end
end)
each(2, function(receipt, letter) redis.call('HSET', KEYS[7], receipt, letter) end)
each(1, function(receipt) redis.call('HDEL', KEYS[7], receipt) end)
each(1, function(entry) redis.call('RPUSH', KEYS[8], entry) end)
each(2, function(what, before) redis.call('HSET', KEYS[10], what, before) end)
each(1, function(client) redis.call('ZADD', KEYS[11], 'NX', ARGV[2], client) end)
each(1, function(client) redis.call('ZREM', KEYS[11], client) end)
if tonumber(ARGV[3]) > tonumber(redis.call('GET', KEYS[6]) or 0) then
  redis.call('SET', KEYS[6], ARGV[3])
end
if ARGV[4] == '1' then
  redis.call('DEL', KEYS[2])
end
if ARGV[5] == '1' then
  redis.call('LPOP', KEYS[9])
end
return 1
