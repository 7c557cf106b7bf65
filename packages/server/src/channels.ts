import type { ChannelName, Need } from '@gamut/protocol'
import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { KeyedSettings, LogSettings, Retention } from './broker/broker.js'
import {
  checkFields,
  type FieldRules,
  fail,
  isFlag,
  isFunction,
  isNumber,
  isObject,
  isOneOf,
} from './check.js'
import { byExactness, matchPattern, type Pattern, parsePattern, patternHint } from './pattern.js'

/** Makes a channel out of a query (PROTOCOL §2). */
export interface ChannelSource {
  /** Gives the current value, anything that `JSON.stringify` takes. Runs only while somebody reads, once for all readers. */
  load(context: { readonly channel: ChannelName; readonly params: Readonly<Record<string, string>> }): unknown
  /** Least time between two runs, in milliseconds. */
  readonly everyMs: number
}

/** Where a reader without a position begins (PROTOCOL §4). */
export type Initial = 'last' | 'oldest' | 'newest' | 'snapshot'

/** What an application says of the channels that match a pattern (PROTOCOL §2). Everything has a default (§16). */
export interface ChannelDefinition {
  readonly retention?: Partial<Retention>
  readonly keyed?: boolean | Partial<KeyedSettings>
  /** Kept in memory only, and of the log only the newest message: cursors, typing. */
  readonly volatile?: boolean
  /** Anyone may read it, and shared caches may keep its polls. */
  readonly public?: boolean
  readonly initial?: Initial
  /** A reader that is behind gets of each key only the newest message, and `skipped` counts the rest. */
  readonly conflate?: boolean
  /** Greatest size of a message's data in bytes; at most the server's own. */
  readonly maxMessageBytes?: number
  /** `server`: nobody publishes over the network. `authorized` (default): whom the `authorize` hook lets. */
  readonly publish?: 'authorized' | 'server'
  readonly need?: Need
  readonly source?: ChannelSource
  /** Checks each message's data at its publish (Standard Schema 1); a mismatch is `schema_mismatch`. */
  readonly schema?: StandardSchemaV1
}

/** A channel's definition with every default filled in. */
export interface ChannelSettings extends LogSettings {
  readonly pattern: string
  /** What `:name` segments of the pattern stand for. */
  readonly params: Readonly<Record<string, string>>
  readonly public: boolean
  readonly initial: Initial
  readonly conflate: boolean
  readonly maxMessageBytes: number
  readonly publish: 'authorized' | 'server'
  readonly need: Need
  readonly source?: ChannelSource
  readonly schema?: StandardSchemaV1
}

/** What definitions take from the server's options. */
export interface ChannelDefaults {
  readonly maxMessageBytes: number
  readonly idempotency: LogSettings['idempotency']
}

/** 10,000 messages are an hour at 3/s; 16 MiB bounds a channel of large ones; a day covers a closed laptop (PROTOCOL §16). */
const defaultRetention: Retention = { count: 10_000, bytes: 16 * 1024 * 1024, ageMs: 86_400_000 }
/** As many keys as a board or a room has things; who has more says so. */
const defaultKeyed: KeyedSettings = { maxKeys: 10_000, ageMs: Number.POSITIVE_INFINITY }
/** Resolved definitions kept by name; past it they are found again. */
const maxResolved = 10_000

const count = isNumber(1, 2 ** 31)
const duration = isNumber(1, Number.MAX_SAFE_INTEGER)
const rules: FieldRules<ChannelDefinition> = {
  retention: (value, name) => checkFields<Retention>(value, name, { count, bytes: count, ageMs: duration }),
  keyed: (value, name) =>
    typeof value === 'boolean' ||
    checkFields<KeyedSettings>(value, name, { maxKeys: count, ageMs: duration }),
  volatile: isFlag,
  public: isFlag,
  initial: isOneOf('last', 'oldest', 'newest', 'snapshot'),
  conflate: isFlag,
  maxMessageBytes: isNumber(1, 2 ** 30),
  publish: isOneOf('authorized', 'server'),
  need: isObject,
  source: (value, name) => {
    checkFields<ChannelSource>(value, name, { load: isFunction, everyMs: isNumber(10, 2 ** 31 - 1) })
    const { load, everyMs } = value as Partial<ChannelSource>
    isFunction(load, `${name}.load`)
    isNumber(10, 2 ** 31 - 1)(everyMs, `${name}.everyMs`)
  },
  schema: isObject,
}

interface Defined extends Pattern {
  readonly definition: ChannelDefinition
}

function define(text: string, definition: ChannelDefinition): Defined {
  const pattern = parsePattern(text)
  if (!pattern) fail(`channels["${text}"]`, patternHint)
  checkFields(definition, `channels["${text}"]`, rules)
  if (definition.source && definition.keyed) {
    fail(`channels["${text}"].source`, 'a computed channel has one value and cannot be keyed')
  }
  if (definition.initial === 'snapshot' && !definition.keyed) {
    fail(`channels["${text}"].initial`, '"snapshot" needs keyed: true')
  }
  return { ...pattern, definition }
}

function settle(
  pattern: Defined,
  params: Record<string, string>,
  defaults: ChannelDefaults,
): ChannelSettings {
  const { retention, keyed, ...given } = pattern.definition
  return {
    volatile: false,
    public: false,
    initial: keyed ? 'snapshot' : 'last',
    conflate: false,
    publish: 'authorized',
    need: {},
    ...given,
    maxMessageBytes: Math.min(given.maxMessageBytes ?? defaults.maxMessageBytes, defaults.maxMessageBytes),
    pattern: pattern.text,
    params,
    retention: { ...defaultRetention, ...retention },
    ...(keyed && { keyed: { ...defaultKeyed, ...(keyed === true ? {} : keyed) } }),
    idempotency: defaults.idempotency,
  }
}

/**
 * Finds each channel's settings: of all patterns that match, the most exact. Throws on a wrong definition, naming it.
 * A channel that no pattern matches has the defaults.
 */
export function defineChannels(
  definitions: Readonly<Record<string, ChannelDefinition>>,
  defaults: ChannelDefaults,
): (channel: ChannelName) => ChannelSettings {
  const patterns = Object.entries(definitions)
    .map(([text, definition]) => define(text, definition))
    .sort(byExactness)
  const anything: Defined = { text: '*', segments: ['*'], definition: {} }
  const resolved = new Map<ChannelName, ChannelSettings>()

  function resolve(channel: ChannelName): ChannelSettings {
    const names = channel.split('/')
    for (const pattern of patterns) {
      const params = matchPattern(pattern, names)
      if (params) return settle(pattern, params, defaults)
    }
    return settle(anything, {}, defaults)
  }

  return (channel) => {
    const known = resolved.get(channel)
    if (known) return known
    if (resolved.size >= maxResolved) resolved.clear()
    const settings = resolve(channel)
    resolved.set(channel, settings)
    return settings
  }
}
