import { Script } from "./script.ts";

/**
 * Presence in Redis. All keys have one hash tag, so that a script may touch several keys. Each instance has two keys, which expire
 * together `ttl` after the last beat: `data`, a hash id -> JSON [info, rooms]; and `index`, a sorted set of equal scores, so in
 * order of bytes, with "c<NUL>id" for a connection and "r<NUL>room<NUL>id" for a member. `instances` has every instance that
 * beats, with its end as the score.
 */
export const instancesKey = "fairlead:presence:{presence}:instances";

const namesLua = `
local function data_of(instance) return 'fairlead:presence:{presence}:data:' .. instance end
local function index_of(instance) return 'fairlead:presence:{presence}:index:' .. instance end
local function live() return redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. text(now_ms), '+inf') end
local function put(instance, id, info)
  local known = redis.call('HGET', data_of(instance), id)
  local rooms = known and cjson.decode(known)[2] or {}
  redis.call('HSET', data_of(instance), id, cjson.encode({info, rooms}))
  redis.call('ZADD', index_of(instance), 0, 'c\\0' .. id)
end
local function drop(instance, id)
  local known = redis.call('HGET', data_of(instance), id)
  if not known then return end
  for room in pairs(cjson.decode(known)[2]) do
    redis.call('ZREM', index_of(instance), 'r\\0' .. room .. '\\0' .. id)
  end
  redis.call('ZREM', index_of(instance), 'c\\0' .. id)
  redis.call('HDEL', data_of(instance), id)
end
local function enter(instance, room, id)
  local known = redis.call('HGET', data_of(instance), id)
  if not known then return false end
  local record = cjson.decode(known)
  record[2][room] = 1
  redis.call('HSET', data_of(instance), id, cjson.encode(record))
  redis.call('ZADD', index_of(instance), 0, 'r\\0' .. room .. '\\0' .. id)
  return true
end
local function keep(instance, ttl)
  redis.call('PEXPIRE', data_of(instance), ttl)
  redis.call('PEXPIRE', index_of(instance), ttl)
end
`;

const script = (body: string) => new Script(namesLua + body);

/** ARGV: instance, ttl. Gives 1 when the instance was alive. Gives 0 and changes nothing when Redis does not know the instance. */
export const beat = script(`
local ends = redis.call('ZSCORE', KEYS[1], ARGV[1])
if not ends or tonumber(ends) <= now_ms then return 0 end
redis.call('ZADD', KEYS[1], text(now_ms + tonumber(ARGV[2])), ARGV[1])
keep(ARGV[1], ARGV[2])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', text(now_ms))
local last = redis.call('ZRANGE', KEYS[1], -1, -1, 'WITHSCORES')
redis.call('PEXPIRE', KEYS[1], text(math.max(1, tonumber(last[2]) - now_ms)))
return 1
`);

/** ARGV: instance, ttl. Makes the instance alive. */
export const appear = script(`
redis.call('ZADD', KEYS[1], text(now_ms + tonumber(ARGV[2])), ARGV[1])
keep(ARGV[1], ARGV[2])
local last = redis.call('ZRANGE', KEYS[1], -1, -1, 'WITHSCORES')
redis.call('PEXPIRE', KEYS[1], text(math.max(1, tonumber(last[2]) - now_ms)))
return 1
`);

/** ARGV: instance. Deletes the instance with its connections and rooms. */
export const vanish = script(`
redis.call('ZREM', KEYS[1], ARGV[1])
return redis.call('DEL', data_of(ARGV[1]), index_of(ARGV[1]))
`);

/** ARGV: instance, ttl, then id, info, JSON list of rooms for each connection. */
export const join = script(`
for i = 3, #ARGV, 3 do
  put(ARGV[1], ARGV[i], ARGV[i + 1])
  for _, room in ipairs(cjson.decode(ARGV[i + 2])) do enter(ARGV[1], room, ARGV[i]) end
end
local ends = redis.call('ZSCORE', KEYS[1], ARGV[1])
keep(ARGV[1], ends and text(math.max(1, tonumber(ends) - now_ms)) or ARGV[2])
return 1
`);

/** ARGV: instance, ids... */
export const leave = script(`
for i = 2, #ARGV do drop(ARGV[1], ARGV[i]) end
return 1
`);

/** ARGV: id. Gives instance, record. */
export const find = script(`
for _, instance in ipairs(live()) do
  local record = redis.call('HGET', data_of(instance), ARGV[1])
  if record then return {instance, record} end
end
return false
`);

/** ARGV: prefix in the index, after, limit. Gives id, instance, record for each, in order of id. */
export const list = script(`
local found = {}
for _, instance in ipairs(live()) do
  -- A member of the index starts with the prefix, and what follows is after "after".
  local from, to = '(' .. ARGV[1] .. ARGV[2], '(' .. string.sub(ARGV[1], 1, -2) .. '\\1'
  for _, entry in ipairs(redis.call('ZRANGEBYLEX', index_of(instance), from, to, 'LIMIT', 0, ARGV[3])) do
    found[#found + 1] = {string.sub(entry, #ARGV[1] + 1), instance}
  end
end
-- Byte by byte: Lua's own comparison follows the locale that Redis was started with.
local function before(one, other)
  local a, b = one[1], other[1]
  for i = 1, math.min(#a, #b) do
    local x, y = string.byte(a, i), string.byte(b, i)
    if x ~= y then return x < y end
  end
  return #a < #b
end
table.sort(found, before)
local reply = {}
for i = 1, math.min(#found, tonumber(ARGV[3])) do
  local id, instance = found[i][1], found[i][2]
  local record = redis.call('HGET', data_of(instance), id)
  if record then
    reply[#reply + 1] = id
    reply[#reply + 1] = instance
    reply[#reply + 1] = record
  end
end
return reply
`);

/** ARGV: room, id. Gives 1 when a live instance has the connection. */
export const enter = script(`
for _, instance in ipairs(live()) do
  if enter(instance, ARGV[1], ARGV[2]) then return 1 end
end
return 0
`);

/** ARGV: room, id. */
export const exit = script(`
for _, instance in ipairs(live()) do
  local known = redis.call('HGET', data_of(instance), ARGV[2])
  if known then
    local record = cjson.decode(known)
    record[2][ARGV[1]] = nil
    redis.call('HSET', data_of(instance), ARGV[2], cjson.encode(record))
    redis.call('ZREM', index_of(instance), 'r\\0' .. ARGV[1] .. '\\0' .. ARGV[2])
  end
end
return 1
`);
