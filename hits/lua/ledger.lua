-- What the ledger is added up from, at one instant. It only reads, so a full Redis runs it, which would refuse a transaction.
-- KEYS ledger, queue, past, hand, dead
-- ARGV the last of the hand's entries that is wanted, from 0; -1 for all
-- Answers {the ledger's fields and counts, how many are in queue, past, hand and dead, entries of the hand}.
return {
  redis.call('HGETALL', KEYS[1]),
  redis.call('LLEN', KEYS[2]),
  redis.call('LLEN', KEYS[3]),
  redis.call('LLEN', KEYS[4]),
  redis.call('HLEN', KEYS[5]),
  redis.call('LRANGE', KEYS[4], 0, ARGV[1])
}
