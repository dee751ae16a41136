-- Writes that a person wants no more messages, or wants them again. Neither is part of a round.
--
-- KEYS  1 the phone's hash, 2 its sends
-- ARGV  1 "stop" or "start"
--
-- A hash with an opt-out never expires. After a START it does again; attempts that have left the
-- windows meanwhile go at once, for no send will come across them.

local DAY = 86400000
if ARGV[1] == 'stop' then
  redis.call('HSET', KEYS[1], 'stop', 1)
  redis.call('PERSIST', KEYS[1])
elseif redis.call('HDEL', KEYS[1], 'stop') == 1 then
  for _, field in ipairs(redis.call('HKEYS', KEYS[1])) do
    if field:find('^a:') and not redis.call('ZSCORE', KEYS[2], field:sub(3)) then
      redis.call('HDEL', KEYS[1], field)
    end
  end
  redis.call('PEXPIRE', KEYS[1], DAY)
end
