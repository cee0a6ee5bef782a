-- Deletes records and their index entries.
-- KEYS: ids, terms, then the records.   ARGV: their ids, in the same order.
local gone = 0
for i, id in ipairs(ARGV) do
  local record = KEYS[i + 2]
  local terms = redis.call('HGET', record, 'terms') or ''
  for term in string.gmatch(terms, '[^%z]+') do redis.call('ZREM', KEYS[2], term .. '\0' .. id) end
  redis.call('ZREM', KEYS[1], id)
  gone = gone + redis.call('DEL', record)
end
-- If the command is sent again because its answer was lost, it writes again: WAIT is about the
-- writes of its own connection. A full memory refuses this write, but not the deletion.
if gone == 0 and #ARGV > 0 then
  redis.pcall('ZADD', KEYS[1], 0, '')
  redis.call('ZREM', KEYS[1], '')
end
return #ARGV
