-- Queue hits and count them as received.
-- KEYS list, ledger
-- ARGV n, n entries, then pairs of a ledger field and a count
local n = tonumber(ARGV[1])
redis.call('RPUSH', KEYS[1], unpack(ARGV, 2, n + 1))
for i = n + 2, #ARGV, 2 do
  redis.call('HINCRBY', KEYS[2], ARGV[i], ARGV[i + 1])
end
return n
