-- Admits a send: opt-out, two windows, the ceilings of the day and the country; charges and counts.
--
-- KEYS  1 the phone's hash, 2 its sends (sorted set of attempt ids by time), 3 the day's counters
-- ARGV  1 attempt id, 2 a fresh code, 3 amount, 4 the day's ceiling, 5 the country's ceiling or "",
--       6 country, 7 sender
--
-- Returns {code, repeated} when admitted, else {"", reason, milliseconds to wait}.

local HOUR, DAY, LIFE, LEASE = 3600000, 86400000, 600000, 15000
local PER_HOUR, PER_DAY = 5, 20

local phone, sends, day = KEYS[1], KEYS[2], KEYS[3]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local known = redis.call('HMGET', phone, 'stop', 'code', 'born')
if known[1] then return {'', 'opted_out', 0} end

local function full(count, span)
  if redis.call('ZCOUNT', sends, '(' .. now - span, '+inf') < count then return nil end
  local leaving = redis.call('ZREVRANGE', sends, count - 1, count - 1, 'WITHSCORES')
  return leaving[2] + span - now
end
local wait = full(PER_DAY, DAY) or full(PER_HOUR, HOUR)
if wait then return {'', 'rate', wait} end

local country = 'spent.' .. ARGV[6]
local spent = redis.call('HMGET', day, 'spent', country)
if (tonumber(spent[1]) or 0) + ARGV[3] > tonumber(ARGV[4]) then return {'', 'budget', 0} end
if ARGV[5] ~= '' and (tonumber(spent[2]) or 0) + ARGV[3] > tonumber(ARGV[5]) then
  return {'', 'budget', 0}
end

-- The code is repeated while half of its life is left; else it stays good beside the new one.
local code, born, repeated = known[2], tonumber(known[3]), 1
if not code or 2 * (now - born) > LIFE then
  if code then redis.call('HSET', phone, 'former', code, 'former_born', born) end
  code, born, repeated = ARGV[2], now, 0
  redis.call('HSET', phone, 'code', code, 'born', born)
end
redis.call('ZREMRANGEBYSCORE', sends, '-inf', now - DAY)
redis.call('ZADD', sends, now, ARGV[1])
redis.call('PEXPIRE', sends, DAY)
redis.call('HSET', phone, 'a:' .. ARGV[1], 'sending|' .. now + LEASE .. '|' .. ARGV[3] .. '|' .. ARGV[7])
redis.call('PEXPIRE', phone, DAY)
redis.call('HINCRBY', day, 'spent', ARGV[3])
redis.call('HINCRBY', day, country, ARGV[3])
redis.call('HINCRBY', day, 'sends.' .. ARGV[6], 1)
redis.call('HINCRBY', day, 'sent_from.' .. ARGV[7], 1)
redis.call('PEXPIRE', day, 4 * DAY)
return {code, repeated}
