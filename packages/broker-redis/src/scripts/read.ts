import { channelScript } from './channel.js'

const settle = `
local function settle(c)
  local after = cursor(c)
  local due = expireKeys(c)
  retainExactly(c)
  if c.changed then
    save(c, random)
    announce(c, after, false)
  end
  return due
end

local function ends(c, due)
  return { c.epoch, num(c.base), tagAt(c, c.base), num(c.head), c.headTag, c.closed and '1' or '0', num(due) }
end
`

/** The ends of many channels of one bucket, and in how many milliseconds the next key of each is due. */
export const headsScript = `${channelScript}${settle}
local now, results = clock(), {}
for index = 2, #KEYS do
  local c = open(KEYS[1], KEYS[index], random, now, settings())
  results[index - 1] = ends(c, settle(c))
end
return results
`

/** A page of the log or of the map. Tags are compared here, in the same step as the entries are read. */
export const readScript = `${channelScript}${settle}
local c = open(KEYS[1], KEYS[2], random, clock(), settings())
local due = settle(c)
local from, count, bytes = arg(), tonumber(arg()), tonumber(arg())
local result = ends(c, due)
local page, taken = {}, 0

local function takes(value)
  local _, _, _, _, size = match(value, entry_pattern)
  if #page > 0 and (#page >= count or taken + size > bytes) then return false end
  page[#page + 1], taken = value, taken + size
  return true
end

local function missing(epoch, offset, tag, at)
  if epoch ~= c.epoch then return 'epoch' end
  if at and not c.set.keyed then return 'diverged' end
  if offset < c.base then return 'expired' end
  if offset > c.head or tagAt(c, offset) ~= tag then return 'diverged' end
  return ''
end

local function log(after, gap)
  local next, more = after, after < c.head
  if c.newest then
    if more then takes(c.newest) next = c.head end
    more = false
  end
  while more do
    local part = call('XRANGE', c.name .. ':s', num(next + 1) .. '-0', '+', 'COUNT', 50)
    if #part == 0 then break end
    for _, found in ipairs(part) do
      if not takes(found[2][2]) then more = false break end
      next = next + 1
    end
    more = more and next < c.head
  end
  result[8], result[9], result[10], result[11] = gap, num(after), tagAt(c, after), ''
  result[12], result[13] = #page, table.concat(page)
  return result
end

local function snapshot(head, tag, at)
  local whole = true
  if c.set.keyed then
    local keys = call('ZRANGEBYSCORE', c.name .. ':z', '(' .. num(at), num(head), 'LIMIT', 0, count + 1)
    for _, key in ipairs(keys) do
      if not takes(call('HGET', c.name .. ':k', key)) then whole = false break end
    end
  end
  result[8], result[9], result[10], result[11] = '', num(head), tag, num(at)
  result[12], result[13], result[14] = #page, table.concat(page), whole and '1' or '0'
  return result
end

if from == 'oldest' then return log(c.base, '') end
if from == 'snapshot' then return snapshot(c.head, c.headTag, 0) end
if from == 'last' then return log(max(c.base, c.head - tonumber(arg())), '') end
local epoch, offset, tag, at = arg(), tonumber(arg()), arg(), tonumber(arg())
local gap = missing(epoch, offset, tag, at)
if gap ~= '' then return log(c.base, gap) end
if at then return snapshot(offset, tag, at) end
return log(offset, '')
`
