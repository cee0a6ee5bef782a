-- Takes a lock. KEYS: lock.   ARGV: the holder's token, ttl in ms.
-- Answers 0 when it is the holder's (also when the first answer was lost and this is sent again), else the ms until it expires.
if redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return 0 end
if redis.call('GET', KEYS[1]) == ARGV[1] then return 0 end
return math.max(redis.call('PTTL', KEYS[1]), 1)
