-- Admits a send: opt-out, two windows, the ceilings of the day and the country; charges and counts.
--
-- KEYS  1 the phone's hash, 2 its sends (sorted set of attempt ids by time), 3 the day's counters
-- ARGV  1 attempt id, 2 a fresh code, 3 amount, 4 the day's ceiling, 5 the country's ceiling or "",
--       6 country, 7 sender
--
-- Returns {code, repeated} when admitted, else {"", reason, milliseconds to wait}. A call that is
-- made again with its attempt id, since its reply was lost, gets the first answer.

local HOUR, DAY, LIFE, LEASE = 3600000, 86400000, 600000, 15000
local PER_HOUR, PER_DAY = 5, 20

local phone, sends, day = KEYS[1], KEYS[2], KEYS[3]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local mine = 'a:' .. ARGV[1]
local known = redis.call('HMGET', phone, mine, 'stop', 'code', 'born', 'carriers')
if known[1] then
  local code, repeated = known[1]:match('^%a+|%d+|%d+|%d+|(%d+)|(%d)')
  return {code, tonumber(repeated)}
end
if known[2] then return {'', 'opted_out', 0} end

-- A window is full as long as the last but so many sends is in it.
local function wait_for(count, span)
  local leaving = redis.call('ZREVRANGE', sends, count - 1, count - 1, 'WITHSCORES')[2]
  return leaving and leaving + span - now or 0
end
local wait = math.max(wait_for(PER_HOUR, HOUR), wait_for(PER_DAY, DAY))
if wait > 0 then return {'', 'rate', wait} end

local country = 'spent.' .. ARGV[6]
local spent = redis.call('HMGET', day, 'spent', country)
if (tonumber(spent[1]) or 0) + ARGV[3] > tonumber(ARGV[4]) then return {'', 'budget', 0} end
if ARGV[5] ~= '' and (tonumber(spent[2]) or 0) + ARGV[3] > tonumber(ARGV[5]) then
  return {'', 'budget', 0}
end

local old = redis.call('ZRANGEBYSCORE', sends, '-inf', now - DAY)
if #old > 0 then
  redis.call('ZREMRANGEBYSCORE', sends, '-inf', now - DAY)
  for i, id in ipairs(old) do old[i] = 'a:' .. id end
  redis.call('HDEL', phone, unpack(old))
end

-- The code is repeated while half of its life is left; else it stays good beside the new one.
local code, born, carriers = known[3], known[4], known[5]
local repeated = code and 2 * (now - born) <= LIFE and 1 or 0
if repeated == 0 then
  if code then
    redis.call('HSET', phone, 'former', code, 'former_born', born, 'former_carriers', carriers)
  end
  code, born, carriers = ARGV[2], now, 0
end
local attempt = table.concat({'sending', now + LEASE, ARGV[3], ARGV[7], code, repeated}, '|')
redis.call('HSET', phone, 'code', code, 'born', born, 'carriers', carriers + 1, mine, attempt)
redis.call('PEXPIRE', phone, DAY)
redis.call('ZADD', sends, now, ARGV[1])
redis.call('PEXPIRE', sends, DAY)
redis.call('HINCRBY', day, 'spent', ARGV[3])
redis.call('HINCRBY', day, country, ARGV[3])
redis.call('HINCRBY', day, 'sends.' .. ARGV[6], 1)
redis.call('HINCRBY', day, 'sent_from.' .. ARGV[7], 1)
redis.call('PEXPIRE', day, 4 * DAY)
return {code, repeated}
