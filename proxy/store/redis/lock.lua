-- Takes a lock. KEYS: lock.   ARGV: the holder's token, ttl in ms.
-- Returns 0 if the token holds the lock, also if the first answer was lost and the
-- command is sent again. Otherwise it returns the ms until the lock expires.
if redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return 0 end
if redis.call('GET', KEYS[1]) == ARGV[1] then return 0 end
return math.max(redis.call('PTTL', KEYS[1]), 1)
