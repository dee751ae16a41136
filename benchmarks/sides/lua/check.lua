-- Checks an answer: two windows of wrong ones, two codes at most, each good once and for a while.
--
-- KEYS  1 the phone's hash, 2 its wrong answers (sorted set of operation ids by time), 3 the day
-- ARGV  1 what was typed, 2 an operation id, 3 country
--
-- Returns {"approved"}, {"wrong", answers left}, {"full", milliseconds to wait} or {"none"}.

local SHORT, DAY, LIFE = 600000, 86400000, 600000
local PER_SHORT, PER_DAY = 5, 20

local phone, wrong, day = KEYS[1], KEYS[2], KEYS[3]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local known = redis.call('HMGET', phone, 'code', 'born', 'former', 'former_born')
local function live(code, born) return code and now - born < LIFE end
local newest, former = live(known[1], known[2]), live(known[3], known[4])
if not newest and not former then return {'none'} end

local function held(span) return redis.call('ZCOUNT', wrong, '(' .. now - span, '+inf') end
local function leaves(count, span)
  local leaving = redis.call('ZREVRANGE', wrong, count - 1, count - 1, 'WITHSCORES')
  return leaving[2] + span - now
end
local in_short, in_day = held(SHORT), held(DAY)
if in_day >= PER_DAY then return {'full', leaves(PER_DAY, DAY)} end
if in_short >= PER_SHORT then return {'full', leaves(PER_SHORT, SHORT)} end

if (newest and known[1] == ARGV[1]) or (former and known[3] == ARGV[1]) then
  redis.call('HDEL', phone, 'code', 'born', 'former', 'former_born')
  redis.call('DEL', wrong)
  redis.call('HINCRBY', day, 'approved.' .. ARGV[3], 1)
  return {'approved'}
end
redis.call('ZREMRANGEBYSCORE', wrong, '-inf', now - DAY)
redis.call('ZADD', wrong, now, ARGV[2])
redis.call('PEXPIRE', wrong, DAY)
redis.call('HINCRBY', day, 'wrong', 1)
return {'wrong', math.min(PER_SHORT - in_short, PER_DAY - in_day) - 1}
