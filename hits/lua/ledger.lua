-- A partition at one instant. It is a script since a full Redis takes no MULTI, though nothing is written here.
-- KEYS ledger, queue, past, hand, dead
-- ARGV how much of the hand is wanted: the last index, as LRANGE has it
-- Answers the ledger's fields and counts in turn; how long queue, past and hand are; how many are dead; entries of the hand.
return {
  redis.call('HGETALL', KEYS[1]),
  redis.call('LLEN', KEYS[2]),
  redis.call('LLEN', KEYS[3]),
  redis.call('LLEN', KEYS[4]),
  redis.call('HLEN', KEYS[5]),
  redis.call('LRANGE', KEYS[4], 0, ARGV[1]),
}
