-- Deletes records and their index entries.
-- KEYS: ids, terms, then the records.   ARGV: their ids, in the same order.
for i, id in ipairs(ARGV) do
  local record = KEYS[i + 2]
  local terms = redis.call('HGET', record, 'terms') or ''
  for term in string.gmatch(terms, '[^%z]+') do redis.call('ZREM', KEYS[2], term .. '\0' .. id) end
  redis.call('ZREM', KEYS[1], id)
  redis.call('DEL', record)
end
return #ARGV
