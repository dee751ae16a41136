-- Writes what the gateway said of an attempt; a failure for certain returns the money.
--
-- KEYS  1 the phone's hash, 2 the counters of the day that was charged
-- ARGV  1 attempt id, 2 "sent", "failed" or "unknown", 3 the provider's id of the message, 4 country

local field = 'a:' .. ARGV[1]
local attempt = redis.call('HGET', KEYS[1], field)
if not attempt then return 0 end
local state, rest = attempt:match('^(%a+)|(.*)$')
if state ~= 'sending' and state ~= 'unknown' then return 0 end
if state == ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], field, ARGV[2] .. '|' .. rest .. '|' .. ARGV[3])
if ARGV[2] == 'failed' then
  local amount = rest:match('^%d+|(%d+)|')
  redis.call('HINCRBY', KEYS[2], 'spent', -amount)
  redis.call('HINCRBY', KEYS[2], 'spent.' .. ARGV[4], -amount)
  redis.call('HINCRBY', KEYS[2], 'failed', 1)
elseif ARGV[2] == 'sent' then
  redis.call('HINCRBY', KEYS[2], 'accepted', 1)
else
  redis.call('HINCRBY', KEYS[2], 'unknown', 1)
end
return 1
