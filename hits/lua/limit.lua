-- Take one of a key's questions (the generic cell rate algorithm, ITU-T I.371).
-- KEYS asked: when all that the key may ask at once has come back (ms)
-- ARGV now, every (how long one takes to come back), ahead (how far from that the key still has one); all in ms
-- Answers how long to wait (ms), 0 if one was taken.
local now, every, ahead = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local full = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now)
if full - now > ahead then
  return math.ceil(full - now - ahead)
end
full = full + every
redis.call('SET', KEYS[1], string.format('%.3f', full), 'PX', math.ceil(full - now))
return 0
