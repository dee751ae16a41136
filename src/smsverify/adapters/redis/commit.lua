-- Writes all or nothing. It knows no rule: it compares bytes, adds integers, and holds ceilings.
--
-- KEYS  the records to swap, then the groups of counters (hashes).
-- ARGV  1  when the caller decided, milliseconds since the epoch
--       2  the number of records
--       3  the time to go by instead of the server's, or empty (tests only)
--       then three for each record: "=" and the bytes that the caller read, or empty for "nothing
--         is there"; the new bytes; and how many milliseconds to keep them, "-" for ever, "x" to
--         delete the record
--       then five for each addition: the number of its group, its field, the amount, the ceiling or
--         empty, and until when to keep the group.
--
-- It returns the time when everything was written, else {what, time, ...}; what is
--       0  decided too long ago, or ahead of time; then the stored records
--       1  a record is not what the caller read; then the stored records
--       2  an addition would pass its ceiling; then the number of the addition, from 0
--       3  something that is not ours lies at a key; then the number of the key, from 0.
--
-- Everything is checked before anything is written, for a script is not rolled back. Numbers are
-- doubles here, exact up to 2^53; what is added is added by the server, exactly. A counter has at
-- most eighteen digits, so that the server never finds a sum too large.

local LONGEST_GAP = 2000
local TOO_LARGE = 1e18

local now = tonumber(ARGV[3])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end

local records = tonumber(ARGV[2])
local stored = {}
local same = true
for i = 1, records do
  local value = redis.pcall('GET', KEYS[i])
  if type(value) == 'table' then return {3, now, i - 1} end
  stored[i] = value
  if (value and '=' .. value or '') ~= ARGV[3 * i + 1] then same = false end
end
local gap = now - tonumber(ARGV[1])
if gap > LONGEST_GAP or gap < -LONGEST_GAP then return {0, now, unpack(stored, 1, records)} end
if not same then return {1, now, unpack(stored, 1, records)} end

local first = 3 * records + 4
local sums = {}
local changes = {}
for i = first, #ARGV, 5 do
  local number = tonumber(ARGV[i])
  local key, field, amount = KEYS[number], ARGV[i + 1], ARGV[i + 2]
  local group = sums[number]
  if not group then
    group = {}
    sums[number] = group
  end
  local before = group[field]
  local is_new = false
  if before == nil then
    local value = redis.pcall('HGET', key, field)
    if not value then
      is_new = true
      before = 0
    -- What HINCRBY would refuse has to be found now, not half-way through the writes.
    elseif type(value) == 'string' and (value == '0' or value:find('^[1-9]%d*$')) then
      before = tonumber(value)
    end
    if not before then return {3, now, number - 1} end
  end
  local after = before + tonumber(amount)
  if after < 0 then
    after = 0
    amount = string.format('%.0f', 0 - before) -- never "-0"
  end
  if after >= TOO_LARGE then return {3, now, number - 1} end
  local ceiling = tonumber(ARGV[i + 3])
  if ceiling and after > ceiling then return {2, now, (i - first) / 5} end
  -- Taking away from nothing, or adding nothing to it, creates no counter.
  if not is_new or after > 0 then
    group[field] = after
    changes[#changes + 1] = {key, field, amount, is_new and tonumber(ARGV[i + 4])}
  end
end

for i = 1, records do
  local keep = ARGV[3 * i + 3]
  if keep == 'x' then
    redis.call('DEL', KEYS[i])
  elseif keep == '-' then
    redis.call('SET', KEYS[i], ARGV[3 * i + 2])
  else
    redis.call('SET', KEYS[i], ARGV[3 * i + 2], 'PX', keep)
  end
end
for _, change in ipairs(changes) do
  local key, keep_until = change[1], change[4]
  redis.call('HINCRBY', key, change[2], change[3])
  -- A group's end is looked at only when a counter is new in it; what is over goes at once.
  if keep_until then
    local keep = math.max(keep_until - now, 1)
    if redis.call('PTTL', key) < keep then
      redis.call('PEXPIRE', key, string.format('%.0f', keep))
    end
  end
end
return now
