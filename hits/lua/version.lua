-- A version for what is written now: microseconds by this clock, and greater than any version before, also when the clock jumps back.
-- KEYS version
redis.call('PERSIST', KEYS[1])
local now = redis.call('TIME')
local version = math.max(now[1] * 1000000 + now[2], tonumber(redis.call('GET', KEYS[1]) or 0) + 1)
redis.call('SET', KEYS[1], string.format('%.0f', version))
return version
