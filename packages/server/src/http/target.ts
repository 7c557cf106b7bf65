import { type ChannelName, parseChannelName } from '@gamut/protocol'
import { GamutError } from '../error.js'
import { take } from '../take.js'
import { Query } from './query.js'

/** Targets that are remembered: pollers ask for theirs again and again. */
const maxKnown = 1000
/** Longer ones are taken apart each time, so that what is remembered is small. */
const maxLength = 256

/** A channel's name from the rest of a raw path: each segment decoded by itself, so that an encoded slash stays wrong. */
function toChannel(rest: string): ChannelName {
  try {
    const segments = rest.split('/').map((segment) => decodeURIComponent(segment))
    if (segments.some((segment) => segment.includes('/'))) return take(parseChannelName(''))
    return take(parseChannelName(segments.join('/')))
  } catch (error) {
    if (error instanceof GamutError) throw error
    return take(parseChannelName('%'))
  }
}

/** What a path is behind the server's base path; `undefined` for one that is not the server's. */
export type PathOf = (path: string) => string | undefined

/** A raw target taken apart. */
export class Target {
  /** Whether it is the server's; everything else is the application's. */
  readonly isOwn: boolean
  /** Behind the base path, where it is the server's. */
  readonly path: string
  readonly #queryText: string
  #query: Query | undefined
  #channel: ChannelName | undefined

  constructor(text: string, pathOf: PathOf) {
    const mark = text.indexOf('?')
    const path = pathOf(mark === -1 ? text : text.slice(0, mark))
    this.isOwn = path !== undefined
    this.path = path ?? ''
    this.#queryText = mark === -1 ? '' : text.slice(mark + 1)
  }

  get query(): Query {
    this.#query ??= new Query(this.#queryText)
    return this.#query
  }

  /** The channel whose path it is; throws `channel_invalid`. */
  get channel(): ChannelName {
    this.#channel ??= toChannel(this.path.slice('/channels/'.length))
    return this.#channel
  }
}

/** Takes targets apart, those that come again only once. */
export class Targets {
  readonly #pathOf: PathOf
  readonly #known = new Map<string, Target>()

  constructor(pathOf: PathOf) {
    this.#pathOf = pathOf
  }

  of(text: string): Target {
    const known = this.#known.get(text)
    if (known) return known
    const target = new Target(text, this.#pathOf)
    // What the application's targets say is no business of ours, and a ticket is kept nowhere but by its hash.
    if (!target.isOwn || text.length > maxLength || target.query.has('ticket')) return target
    if (this.#known.size >= maxKnown) this.#known.clear()
    this.#known.set(text, target)
    return target
  }
}
