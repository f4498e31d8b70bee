-- Set a field of a hash.
-- KEYS hash
-- ARGV field, value
-- to delete first is what a full Redis allows (hits/scripts.py)
redis.call('HDEL', KEYS[1], ARGV[1])
return redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
