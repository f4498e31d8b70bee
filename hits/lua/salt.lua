-- A period's salt; a new one is made where there is none.
-- KEYS salt, made, alive
-- ARGV a fresh random text, period, when it expires (ms since 1970; 0 for never)
redis.call('PERSIST', KEYS[2])
local salt = redis.call('GET', KEYS[1])
if not salt then
  salt = ARGV[1]
  redis.call('SET', KEYS[1], salt)
  redis.call('HINCRBY', KEYS[2], ARGV[2], 1)
end
redis.call('ZADD', KEYS[3], ARGV[3], ARGV[2])
if tonumber(ARGV[3]) > 0 then
  redis.call('PEXPIREAT', KEYS[1], ARGV[3])
end
return salt
