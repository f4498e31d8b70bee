-- Set a key that never expires.
-- KEYS key
-- ARGV value, then options of SET
-- to persist first is what a full Redis allows (hits/scripts.py)
redis.call('PERSIST', KEYS[1])
return redis.call('SET', KEYS[1], unpack(ARGV))
