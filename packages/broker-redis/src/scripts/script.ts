import { createHash } from 'node:crypto'
import { appendScript } from './append.js'
import { headsScript, readScript } from './read.js'

/** A Lua script and the name that Redis knows it by. */
export interface Script {
  readonly text: string
  readonly sha: string
}

/** Writes before it publishes, so that a replica refuses it; a master that is only full still tells what it has. */
const probeScript = `
local written = redis.pcall('SET', KEYS[1], ARGV[2], 'PX', 60000)
if written.err and (written.err:find('READONLY') or written.err:find('MASTERDOWN')) then return written end
return redis.call(ARGV[1], KEYS[1], ARGV[2])
`

const scriptOf = (text: string): Script => ({ text, sha: createHash('sha1').update(text).digest('hex') })

/** All that is run in Redis. */
export const scripts = {
  append: scriptOf(appendScript),
  read: scriptOf(readScript),
  heads: scriptOf(headsScript),
  probe: scriptOf(probeScript),
}
