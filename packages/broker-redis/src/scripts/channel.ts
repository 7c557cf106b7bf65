/**
 * What every script begins with: a channel is opened (what of it has died meanwhile is let go), entries are added, and
 * what was changed is saved and announced. Nothing is written before everything that can be refused was looked at.
 *
 * Keys of a channel, all in one slot: `:m` what is known of it, `:s` the log (a stream whose ids are offsets), `:k` the
 * newest entry of each key, `:z` the keys by offset, `:i` the keys of publishes, `:j` these by age.
 * An entry is `offset time tag before size body`; `before` is the bytes of all entries that were ever before it, so
 * that retention by bytes is found by halving like everything else.
 */
export const channelScript = `
local call, floor, max, min = redis.call, math.floor, math.max, math.min
local format, match = string.format, string.match
local args, taken_args = ARGV, 0
local function arg() taken_args = taken_args + 1 return args[taken_args] end
-- A text that nobody else draws, how to announce, and what a topic has behind its channel's name.
local random, command, scope = arg(), arg(), arg()
-- Whole numbers to 2^53, and by far quicker than '%.0f'.
local function num(n) return format('%d', n) end
local entry_pattern = '^(%d+) (%d+) (%w+) (%d+) (%d+) '

local function clock()
  local time = call('TIME')
  return time[1] * 1000 + floor(time[2] / 1000)
end

local function settings()
  return {
    count = max(1, tonumber(arg())), bytes = tonumber(arg()), age = tonumber(arg()),
    keyed = arg() == '1', maxKeys = max(1, tonumber(arg())), keyAge = tonumber(arg()),
    volatile = arg() == '1', window = tonumber(arg()), maxSeen = tonumber(arg()),
    life = tonumber(arg()), metaLife = tonumber(arg())
  }
end

local kinds = { s = 'stream', k = 'hash', z = 'zset', i = 'hash', j = 'list' }

-- A generation ends some time after its first channel began: then that channel may be forgotten, and an old cursor must show it.
local function generation(bucket, random, now, metaLife, born)
  local known = call('HMGET', bucket, 'v', 'e', 'g', 't')
  if known[1] and known[1] ~= '1' then error('GAMUTVERSION ' .. known[1]) end
  local epoch, count, began = known[2], tonumber(known[3] or 0), tonumber(known[4] or 0)
  if not epoch then
    epoch, count, began = random, 0, 0
    call('HSET', bucket, 'v', '1', 'e', epoch, 'g', 0, 't', 0)
  end
  if born == 'anew' or (began > 0 and now >= began + metaLife) then count, began = count + 1, 0 end
  if born and began == 0 then call('HSET', bucket, 'g', count, 't', num(now)) end
  return epoch .. 'g' .. count
end

local function forget(c, dataOnly)
  if not dataOnly then call('DEL', c.name .. ':m') end
  for part in pairs(kinds) do call('DEL', c.name .. ':' .. part) end
end

local function begin(c, epoch)
  c.fresh, c.epoch = true, epoch
  c.head, c.headTag, c.headBytes, c.base, c.cut, c.cutTag = 0, '0', 0, 0, 0, '0'
  c.expiry, c.firstTime, c.firstBytes, c.places, c.keys, c.time, c.newest = 0, 0, 0, 0, 0, 0, false
end

-- Of a channel without what is known of it, nothing else may be left: else somebody deleted it, and no cursor of it is good.
local function absent(c, random)
  if call('EXISTS', c.name .. ':m') == 1 then error('GAMUTFOREIGN ' .. c.name .. ':m') end
  local left = false
  for part, kind in pairs(kinds) do
    local found = call('TYPE', c.name .. ':' .. part).ok
    if found ~= 'none' and found ~= kind then error('GAMUTFOREIGN ' .. c.name .. ':' .. part) end
    left = left or found ~= 'none'
  end
  local epoch = generation(c.bucket, random, c.now, c.set.metaLife, left and 'anew' or false)
  if left then forget(c) end
  begin(c, epoch)
end

local function clearLog(c)
  c.base, c.cut, c.cutTag, c.newest, c.changed = c.head, c.head, c.headTag, false, true
end

-- Whether a part of the channel is gone that retention did not take. What has lived to its end is let go.
local function torn(c)
  local entries, keys = c.head - c.cut, c.keys
  local length = 0
  if entries > 0 and not c.newest then length = call('XLEN', c.name .. ':s') else entries = 0 end
  if keys > 0 then keys = call('ZCARD', c.name .. ':z') == keys and call('HLEN', c.name .. ':k') or -1 end
  if length == entries and keys == c.keys then return false end
  if c.now < c.expiry then return true end
  forget(c, true)
  -- Nobody knows their names any more, so no end of theirs can be told: whoever holds them shall read anew.
  if c.keys > 0 then c.head, c.headTag = c.head + 1, c.tag end
  clearLog(c)
  c.keys, c.places = 0, 0
  return false
end

local function load(bucket, name, random, now, set)
  -- With all that it will hold: a table that grows is made anew again and again, and this one would be six times a run.
  local c = {
    bucket = bucket, name = name, set = set, tag = random:sub(1, 8), out = {}, now = now, time = 0, expiry = 0,
    epoch = '', head = 0, headTag = '0', headBytes = 0, base = 0, cut = 0, cutTag = '0', firstTime = 0, firstBytes = 0,
    places = 0, keys = 0, newest = false, hasNewest = false,
    closed = false, closing = false, changed = false, added = false, fresh = false
  }
  local known = call('HMGET', name .. ':m', 'v', 'p', 'l')
  if not known[1] then
    absent(c, random)
    return c
  end
  if known[1] ~= '1' then error('GAMUTVERSION ' .. known[1]) end
  local closed
  c.head, c.headBytes, c.base, c.cut, c.time, c.expiry, c.firstTime, c.firstBytes, c.places, c.keys, closed, c.epoch, c.headTag, c.cutTag =
    struct.unpack('<ddddddddddBsss', known[2])
  c.closed, c.newest, c.hasNewest = closed == 1, known[3], known[3]
  c.now = max(now, c.time)
  if torn(c) then
    local epochAnew = generation(bucket, random, now, set.metaLife, 'anew')
    forget(c)
    begin(c, epochAnew)
    c.changed = true
    return c
  end
  if c.head > c.base and (c.newest and true or false) ~= set.volatile then
    call('DEL', name .. ':s')
    clearLog(c)
  end
  return c
end

-- Nothing is written by a load that fails, so of what is not Gamut's it can be said that nothing was stored.
local function open(bucket, name, random, now, set)
  local ok, c = pcall(load, bucket, name, random, now, set)
  if ok then return c end
  local text = type(c) == 'table' and c.err or tostring(c)
  if text:find('WRONGTYPE', 1, true) or text:find("'unpack'", 1, true) then text = 'GAMUTFOREIGN ' .. name end
  error(text, 0)
end

local function entry(c, offset)
  local id = num(offset) .. '-0'
  local found = call('XRANGE', c.name .. ':s', id, id)[1]
  return found and found[2][2]
end

local function tagAt(c, offset)
  if offset == c.cut then return c.cutTag end
  if offset == c.head then return c.headTag end
  local _, _, tag = match(entry(c, offset) or '', entry_pattern)
  return tag
end

local function cursor(c) return c.epoch .. '.' .. num(c.head) .. '.' .. c.headTag end

-- Enters one message. Of a volatile channel only the newest stays.
local function enter(c, body, size, key, deleted)
  if c.set.volatile then clearLog(c) end
  local first = c.head == c.base
  if first then c.firstTime, c.firstBytes, c.added = c.now, c.headBytes, true end
  c.head, c.headTag = c.head + 1, c.tag
  local offset = num(c.head)
  local value = offset .. ' ' .. num(c.now) .. ' ' .. c.tag .. ' ' .. num(c.headBytes) .. ' ' .. num(size) .. ' ' .. body
  c.headBytes, c.time, c.changed = c.headBytes + size, c.now, true
  c.out[#c.out + 1] = value
  if c.set.volatile then c.newest = value else call('XADD', c.name .. ':s', offset .. '-0', 'm', value) end
  if not key or not c.set.keyed then return end
  if deleted then
    c.keys = c.keys - call('HDEL', c.name .. ':k', key)
    call('ZREM', c.name .. ':z', key)
  else
    if c.keys == 0 then c.added = true end
    c.keys = c.keys + call('HSET', c.name .. ':k', key, value)
    call('ZADD', c.name .. ':z', offset, key)
  end
end

-- A deletion of the server's own; its body is counted in UTF-16, as its reader does.
local function delete(c, key)
  local text = '{"k":' .. cjson.encode(key) .. ',"x":1,"n":1}\\n'
  local _, chars = text:gsub('[^\\128-\\191]', '')
  local _, pairsOfTwo = text:gsub('[\\240-\\247]', '')
  enter(c, num(chars + pairsOfTwo) .. ' ' .. text, #key, key, true)
end

local function oldestKey(c)
  return call('ZRANGE', c.name .. ':z', 0, 0)[1]
end

-- Deletes keys past their age, some at a time; says whether more are due.
local function expireKeys(c)
  if not c.set.keyed or c.closed or c.set.keyAge >= 1e15 then return -1 end
  for done = 0, 100 do
    local key = oldestKey(c)
    local value = key and call('HGET', c.name .. ':k', key)
    if not value then return -1 end
    local _, time = match(value, entry_pattern)
    local due = tonumber(time) + c.set.keyAge - c.now
    if due > 0 then return due end
    if done == 100 then return 0 end
    delete(c, key)
  end
end

-- How much of the stream is cut off at once; until then, what is before the base is there but not read.
local cut_at_once = 64

-- Takes from the front what the retention does not allow: the border is found by halving, and cut off with others.
-- The first entry's time and bytes may be those of one before it: so they never say that it stays when it has to go.
local function retain(c, age, bytes)
  if c.head == c.base then return end
  if c.newest then
    if c.firstTime + age <= c.now then clearLog(c) end
    return
  end
  local base = max(c.base, c.head - c.set.count)
  if c.firstTime + age <= c.now or c.headBytes - c.firstBytes > bytes then
    local function goneAt(offset)
      local _, time, _, before = match(entry(c, offset), entry_pattern)
      time, before = tonumber(time), tonumber(before)
      if time + age <= c.now or (offset < c.head and c.headBytes - before > bytes) then return true end
      c.firstTime, c.firstBytes = time, before
      return false
    end
    if goneAt(base + 1) then
      local low, step = base + 1, 1
      while low + step <= c.head and goneAt(low + step) do low, step = low + step, step * 2 end
      local high = min(low + step, c.head + 1)
      while high - low > 1 do
        local middle = floor((low + high) / 2)
        if goneAt(middle) then low = middle else high = middle end
      end
      base = low
    end
    c.changed = true
  end
  if base == c.base then return end
  if base == c.head then
    call('DEL', c.name .. ':s')
    return clearLog(c)
  end
  c.base, c.changed = base, true
  if base - c.cut < min(cut_at_once, c.set.count) then return end
  c.cutTag, c.cut = tagAt(c, base), base
  call('XTRIM', c.name .. ':s', 'MINID', num(base + 1))
end

-- What has to go before anybody reads.
local function retainExactly(c) retain(c, c.set.age, c.set.bytes) end

-- An append need not look for each message that has become too old or too much: whoever reads does.
local function retainRoughly(c)
  retain(c, c.set.age + min(c.set.age / 8, 60000), c.set.bytes + c.set.bytes / 64)
end

-- Data lives while its retention, keys and publishes may need it; what is known of a channel longer, a closed one for good.
local function prolong(c)
  local name, set = c.name, c.set
  local endless = set.life >= 1e15 or (c.closed and set.keyed)
  if endless then
    c.expiry = 9e15
    for part in pairs(kinds) do call('PERSIST', name .. ':' .. part) end
  elseif c.expiry < c.now + set.life or c.expiry >= 9e15 or c.added then
    if c.expiry < c.now + set.life or c.expiry >= 9e15 then
      c.expiry = c.now + set.life + floor(set.life / 8) + 60000
    end
    for part in pairs(kinds) do call('PEXPIREAT', name .. ':' .. part, num(c.expiry)) end
  end
  if endless or c.closed then return 'PERSIST' end
  return num(max(c.expiry, c.now + set.metaLife))
end

local function save(c, random)
  if not c.changed then return end
  if c.fresh then
    c.epoch = generation(c.bucket, random, c.now, c.set.metaLife, 'first')
  end
  local before = c.expiry
  local meta = c.name .. ':m'
  local lives = prolong(c)
  local packed = struct.pack('<ddddddddddBsss', c.head, c.headBytes, c.base, c.cut, c.time, c.expiry, c.firstTime,
    c.firstBytes, c.places, c.keys, c.closed and 1 or 0, c.epoch, c.headTag, c.cutTag)
  call('HSET', meta, 'v', '1', 'p', packed)
  if c.newest then call('HSET', meta, 'l', c.newest) elseif c.hasNewest then call('HDEL', meta, 'l') end
  if lives == 'PERSIST' then call('PERSIST', meta)
  elseif before ~= c.expiry then call('PEXPIREAT', meta, lives) end
end

-- The whole batch where it is small, else that there is one.
local function announce(c, after, closing)
  if #c.out == 0 and not closing then return end
  local text, count = table.concat(c.out), #c.out
  if #text > 65536 then text, count = '', -1 end
  call(command, c.name .. scope, after .. ' ' .. cursor(c) .. ' ' .. (closing and '1' or '0') .. ' ' .. count .. ' ' .. text)
end
`
