-- Saves a record if it still has the expected revision, and moves its index entries.
-- Then deletes records of another space, if any are given.
-- KEYS: record, last revision, ids, terms; the other space's ids and terms, and its records.
-- ARGV: expected revision (0: the record must not exist), name of this save, id, body, terms; the
-- ids of the other space's records, in the same order.
-- Returns the new revision, or 0 for a conflict.
local record, sequence, ids, index = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local expected, save, id, body, terms = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]

local old = redis.call('HMGET', record, 'rev', 'terms', 'save')
if (old[1] or '0') ~= expected then
  -- The client sends the command again if an answer was lost. The save must not conflict with its
  -- own first try. It writes again, because WAIT is about the writes of its own connection.
  if old[3] ~= save then return '0' end
  redis.call('HSET', record, 'save', save)
  return old[1]
end

-- The clock keeps revisions rising even if Redis has lost the last one.
local now = redis.call('TIME')
local rev = math.max((redis.call('GET', sequence) or 0) + 1, now[1] * 1000000 + now[2])
rev = string.format('%.0f', rev)

for term in string.gmatch(old[2] or '', '[^%z]+') do redis.call('ZREM', index, term .. '\0' .. id) end
for term in string.gmatch(terms, '[^%z]+') do redis.call('ZADD', index, 0, term .. '\0' .. id) end
redis.call('ZADD', ids, 0, id)
redis.call('HSET', record, 'rev', rev, 'body', body, 'terms', terms, 'save', save)
redis.call('SET', sequence, rev)
for i = 6, #ARGV do
  local gone = KEYS[i + 1]
  local left = redis.call('HGET', gone, 'terms') or ''
  for term in string.gmatch(left, '[^%z]+') do redis.call('ZREM', KEYS[6], term .. '\0' .. ARGV[i]) end
  redis.call('ZREM', KEYS[5], ARGV[i])
  redis.call('DEL', gone)
end
return rev
