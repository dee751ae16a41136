-- Writes what the gateway said of an attempt. A failure for certain returns the money, and the code
-- dies with the last attempt that carried it. Said again, it changes nothing.
--
-- KEYS  1 the phone's hash, 2 the counters of the day that was charged, 3 today's
-- ARGV  1 attempt id, 2 "sent", "failed", "opted_out" (failed, since the person said STOP) or
--       "unknown", 3 the provider's id of the message, 4 country
--
-- Returns 1 if that changed anything.

local phone, charged, day = KEYS[1], KEYS[2], KEYS[3]
local mine, said = 'a:' .. ARGV[1], ARGV[2]
local attempt = redis.call('HGET', phone, mine)
if not attempt then return 0 end
local state, rest = attempt:match('^([%a_]+)(|.*)$')
if state ~= 'sending' and state ~= 'unknown' or state == said then return 0 end
redis.call('HSET', phone, mine, said .. rest .. '|' .. ARGV[3])
if said == 'sent' then
  redis.call('HINCRBY', day, 'accepted', 1)
  return 1
elseif said == 'unknown' then
  redis.call('HINCRBY', day, 'unknown', 1)
  return 1
end

local amount, carried = rest:match('^|%d+|(%d+)|%d+|(%d+)|')
redis.call('HINCRBY', charged, 'spent', -amount)
redis.call('HINCRBY', charged, 'spent.' .. ARGV[4], -amount)
redis.call('HINCRBY', day, 'failed', 1)
if said == 'opted_out' then
  redis.call('HSET', phone, 'stop', 1)
  redis.call('PERSIST', phone)
end
local codes = redis.call('HMGET', phone, 'code', 'former')
for i, of in ipairs({'', 'former_'}) do
  if codes[i] == carried and redis.call('HINCRBY', phone, of .. 'carriers', -1) < 1 then
    redis.call('HDEL', phone, i == 1 and 'code' or 'former', of .. 'born', of .. 'carriers')
  end
end
return 1
