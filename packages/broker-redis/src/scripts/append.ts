import { channelScript } from './channel.js'

/** Appends of one channel in order, each decided by its keys and ids, then by whether the channel has ended. One announcement for all. */
export const appendScript = `${channelScript}
local c = open(KEYS[1], KEYS[2], random, clock(), settings())
local seenKey, orderKey = c.name .. ':i', c.name .. ':j'
local window, maxSeen = c.set.window, c.set.maxSeen

local function dropOldest()
  local name = call('LPOP', orderKey)
  if not name then return end
  local value = call('HGET', seenKey, name)
  if value then
    c.places = max(0, c.places - tonumber(match(value, '^%d+ %S+ (%d+)')))
    call('HDEL', seenKey, name)
  end
  c.changed = true
end

-- What was answered when a name was first seen: its cursor, its places, and the hash.
local function find(name)
  local value = call('HGET', seenKey, name)
  if not value then return nil end
  local time, cursorThen, _, places, hash = match(value, '^(%d+) (%S+) (%d+) ([%d,:]*)\\n(.*)$')
  if tonumber(time) + window > c.now then return { cursor = cursorThen, places = places, hash = hash } end
  call('LREM', orderKey, 1, name)
  call('HDEL', seenKey, name)
  return nil
end

local function remember(name, hash, cursorThen, places, count)
  call('HSET', seenKey, name, num(c.now) .. ' ' .. cursorThen .. ' ' .. count .. ' ' .. places .. '\\n' .. hash)
  local length = call('RPUSH', orderKey, name)
  c.places, c.changed = c.places + count, true
  if length == 1 then c.added = true end
  -- A bound that was lowered is reached in several appends: no one of them does all the work.
  for _ = 0, count + 1 do
    if length <= 1 or (length <= maxSeen and c.places <= 2 * maxSeen) then break end
    dropOldest()
    length = length - 1
  end
end

-- A publish without messages has no place: its key waits for the end of all data, and the bound counts it.
local function expireSeen()
  if c.places == 0 then return end
  for _ = 1, 200 do
    local name = call('LINDEX', orderKey, 0)
    if not name then return end
    local value = call('HGET', seenKey, name)
    if value and tonumber(match(value, '^%d+')) + window > c.now then return end
    dropOldest()
  end
end

local function take()
  local name, hash, close, count = arg(), arg(), arg() == '1', tonumber(arg())
  local messages = {}
  for index = 1, count do
    local message = { body = arg(), size = tonumber(arg()) }
    local flags = arg()
    if flags ~= '' then
      if flags:find('k', 1, true) then message.key = arg() end
      message.deleted = flags:find('d', 1, true) ~= nil
      if flags:find('i', 1, true) then message.id, message.hash = arg(), arg() end
    end
    messages[index] = message
  end
  return { name = name, hash = hash, close = close, messages = messages }
end

-- Where each message is by its id: its place of before, the index of the first in this append, or nothing; false for a conflict.
local function place(messages)
  local places, own, anew = {}, {}, false
  for index, message in ipairs(messages) do
    local known = message.id and find(message.id)
    local first = message.id and own[message.id]
    if known and known.hash ~= message.hash then return false end
    if first and messages[first].hash ~= message.hash then return false end
    if known then places[index] = known.places
    elseif first then places[index] = first
    else
      anew, places[index] = true, 0
      if message.id then own[message.id] = index end
    end
  end
  return places, anew
end

local function makeRoom(message)
  if not c.set.keyed or not message.key or message.deleted then return end
  if call('HEXISTS', c.name .. ':k', message.key) == 1 then return end
  for _ = 1, 2 do
    if c.keys < c.set.maxKeys then return end
    delete(c, oldestKey(c))
  end
end

local function store(append, places)
  local answers = {}
  for index, message in ipairs(append.messages) do
    local known = places[index]
    if known == 0 then
      makeRoom(message)
      enter(c, message.body, message.size, message.key, message.deleted)
      local answer = num(c.head) .. ':' .. num(c.now)
      answers[index] = answer .. ':0'
      if message.id then remember(message.id, message.hash, cursor(c), answer, 1) end
      places[index] = answer
    else
      if type(known) == 'number' then known = places[known] end
      places[index] = known
      answers[index] = known .. ':1'
    end
  end
  return answers
end

-- The cursor after the newest of these places: its tag is in the log, or that of the base or the head, or was remembered.
local function cursorAfter(append, places)
  local newest, at = -1, nil
  for index, text in ipairs(places) do
    local offset = tonumber(match(text, '^%d+'))
    if offset > newest then newest, at = offset, index end
  end
  if not at or newest == c.head then return cursor(c) end
  local known = append.messages[at].id and find(append.messages[at].id)
  return known and known.cursor or cursor(c)
end

local function answer(cursorThen, replayed, answers)
  return cursorThen .. ' ' .. (replayed and '1' or '0') .. ' ' .. table.concat(answers, ',')
end

local function replay(cursorThen, places)
  local answers = {}
  for index, text in ipairs(places) do answers[index] = text .. ':1' end
  return answer(cursorThen, true, answers)
end

local function split(text)
  local places = {}
  for part in text:gmatch('[^,]+') do places[#places + 1] = part end
  return places
end

local function handle(append)
  local known = append.name ~= '' and find(append.name)
  if known then
    if known.hash ~= append.hash then return 'idempotency_conflict' end
    return replay(known.cursor, split(known.places))
  end
  local places, anew = place(append.messages)
  if not places then return 'idempotency_conflict' end
  if anew and c.closed then return 'channel_closed' end
  local ends = append.close and not c.closed
  local text, cursorThen
  if anew or ends then
    local answers = store(append, places)
    if ends then c.closed, c.closing, c.changed = true, true, true end
    cursorThen = cursorAfter(append, places)
    text = answer(cursorThen, false, answers)
  else
    cursorThen = cursorAfter(append, places)
    text = replay(cursorThen, places)
  end
  if append.name ~= '' then remember(append.name, append.hash, cursorThen, table.concat(places, ','), #places) end
  return text
end

local appends = {}
for index = 1, tonumber(arg()) do appends[index] = take() end
local after = cursor(c)
expireSeen()
expireKeys(c)
retainRoughly(c)
local results = {}
for index, append in ipairs(appends) do
  results[index] = handle(append)
  retainRoughly(c)
end
if c.changed then
  save(c, random)
  announce(c, after, c.closing)
end
return results
`
