-- Replaces the body and the index entries of a record that still has the expected revision. The
-- revision and the name of the last save do not change: a writer that sends its save again, because
-- the answer was lost, still recognises it.
-- KEYS: record, terms.   ARGV: expected revision, id, body, terms.
-- Returns 1, or 0 for a conflict.
local record, index = KEYS[1], KEYS[2]
local expected, id, body, terms = ARGV[1], ARGV[2], ARGV[3], ARGV[4]

local old = redis.call('HMGET', record, 'rev', 'terms')
if old[1] ~= expected then return 0 end
for term in string.gmatch(old[2] or '', '[^%z]+') do redis.call('ZREM', index, term .. '\0' .. id) end
for term in string.gmatch(terms, '[^%z]+') do redis.call('ZADD', index, 0, term .. '\0' .. id) end
redis.call('HSET', record, 'body', body, 'terms', terms)
return 1
