-- Write down a field of a hash.
-- KEYS hash
-- ARGV field, text
redis.call('PERSIST', KEYS[1])
return redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
