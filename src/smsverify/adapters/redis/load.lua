-- Reads records and groups of counters, all at one moment, and tells the time.
--
-- KEYS  the records, then the groups of counters (hashes); when nothing is asked for, one key that
--       is not looked at, so that a cluster knows whom to ask for the time.
-- ARGV  1  the number of records
--       2  the number of groups
--       3  the time to tell instead of the server's, or empty (tests only)
--
-- It returns {0, time, ...} with each record's bytes and each group's fields and values, or
-- {3, time, number of the key from 0} when something that is not ours lies at a key.

local now = tonumber(ARGV[3])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end

local reply = {0, now}
local records = tonumber(ARGV[1])
for i = 1, records + tonumber(ARGV[2]) do
  local value = redis.pcall(i <= records and 'GET' or 'HGETALL', KEYS[i])
  if type(value) == 'table' and value.err then return {3, now, i - 1} end
  reply[i + 2] = value
end
return reply
