-- Checks an answer: two windows of wrong ones, two codes at most, each good once and for a while.
--
-- KEYS  1 the phone's hash, 2 its wrong answers (sorted set of operation ids by time), 3 the day
-- ARGV  1 what was typed, 2 an operation id, 3 country
--
-- Returns {"approved"}, {"wrong", answers left}, {"full", milliseconds to wait} or {"none"}. A call
-- that is made again with its operation id, since its reply was lost, gets the first verdict.

local SHORT, DAY, LIFE, RETRY = 600000, 86400000, 600000, 10000
local PER_SHORT, PER_DAY = 5, 20

local phone, wrong, day = KEYS[1], KEYS[2], KEYS[3]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

-- Verdicts that a lost reply may be asked for again: "operation,verdict,until;" each.
local known = redis.call('HMGET', phone, 'told', 'code', 'born', 'former', 'former_born')
local told = known[1] or ''
local first = told:match(ARGV[2] .. ',(%w+)')
if first == 'approved' then return {first} end
if first then return {'wrong', tonumber(first)} end

local function live(code, born) return code and now - born < LIFE end
local newest, former = live(known[2], known[3]), live(known[4], known[5])
if not newest and not former then return {'none'} end

local function held(span) return redis.call('ZCOUNT', wrong, '(' .. now - span, '+inf') end
local function wait_for(count, span)
  local leaving = redis.call('ZREVRANGE', wrong, count - 1, count - 1, 'WITHSCORES')
  return leaving[2] + span - now
end
local in_short, in_day, wait = held(SHORT), held(DAY), 0
if in_day >= PER_DAY then wait = wait_for(PER_DAY, DAY) end
if in_short >= PER_SHORT then wait = math.max(wait, wait_for(PER_SHORT, SHORT)) end
if wait > 0 then return {'full', wait} end

local function tell(verdict, keep_until)
  local kept = {}
  for entry, till in told:gmatch('(%w+,%w+,(%d+);)') do
    if now < tonumber(till) then kept[#kept + 1] = entry end
  end
  kept[#kept + 1] = string.format('%s,%s,%.0f;', ARGV[2], verdict, keep_until)
  redis.call('HSET', phone, 'told', table.concat(kept))
end

local born = newest and known[2] == ARGV[1] and known[3]
  or former and known[4] == ARGV[1] and known[5]
if born then
  redis.call('HDEL', phone, 'code', 'born', 'carriers', 'former', 'former_born', 'former_carriers')
  tell('approved', born + LIFE + RETRY)
  if in_day > 0 then redis.call('DEL', wrong) end
  redis.call('HINCRBY', day, 'approved.' .. ARGV[3], 1)
  return {'approved'}
end
local left = math.min(PER_SHORT - in_short, PER_DAY - in_day) - 1
tell(left, now + RETRY)
redis.call('ZREMRANGEBYSCORE', wrong, '-inf', now - DAY)
redis.call('ZADD', wrong, now, ARGV[2])
redis.call('PEXPIRE', wrong, DAY)
redis.call('HINCRBY', day, 'wrong', 1)
return {'wrong', left}
