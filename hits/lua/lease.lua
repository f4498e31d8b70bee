-- Take or renew a partition's lease. Whoever takes it from somebody else gets a new fencing token.
-- KEYS lease, token
-- ARGV worker, milliseconds
-- Answers the token, or false while somebody else holds the lease.
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then
  return false
end
redis.call('PERSIST', KEYS[2])
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
local token = redis.call('GET', KEYS[2]) or '0 '
local number, last = string.match(token, '^(%d+) (.*)$')
if last ~= ARGV[1] then
  token = (tonumber(number) + 1) .. ' ' .. ARGV[1]
  redis.call('SET', KEYS[2], token)
end
return token
