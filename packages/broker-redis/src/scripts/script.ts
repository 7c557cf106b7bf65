import { createHash } from 'node:crypto'
import { appendScript } from './append.js'
import { headsScript, readScript } from './read.js'

/** A Lua script and the name that Redis knows it by. */
export interface Script {
  readonly text: string
  readonly sha: string
}

const scriptOf = (text: string): Script => ({ text, sha: createHash('sha1').update(text).digest('hex') })

/** All that is run in Redis. */
export const scripts = {
  append: scriptOf(appendScript),
  read: scriptOf(readScript),
  heads: scriptOf(headsScript),
}
