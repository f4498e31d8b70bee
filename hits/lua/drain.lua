-- Queue the hits of a spool file's chunk, and remember how far the file was drained.
-- KEYS queue, past, ledger, spools
-- ARGV file, offset before, offset after, n live, n past, the live entries, the past entries, pairs of a ledger field and a count
-- Answers the offset that holds now: another than "after" means that somebody else drained this file.
local at = redis.call('HGET', KEYS[4], ARGV[1]) or '0'
if at ~= ARGV[2] then
  return at
end
local live, past = tonumber(ARGV[4]), tonumber(ARGV[5])
if live > 0 then
  redis.call('RPUSH', KEYS[1], unpack(ARGV, 6, 5 + live))
end
if past > 0 then
  redis.call('RPUSH', KEYS[2], unpack(ARGV, 6 + live, 5 + live + past))
end
for i = 6 + live + past, #ARGV, 2 do
  redis.call('HINCRBY', KEYS[3], ARGV[i], ARGV[i + 1])
end
redis.call('HSET', KEYS[4], ARGV[1], ARGV[3])
return ARGV[3]
