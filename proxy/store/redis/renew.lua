-- Extends a lock if the token still holds it.
-- KEYS: lock.   ARGV: the holder's token, ms from now.
-- Returns 1, or 0 if the token does not hold the lock.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'XX', 'PX', ARGV[2])
return 1
