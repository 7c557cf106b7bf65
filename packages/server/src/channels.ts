import {
  byExactness,
  type ChannelDefinition,
  type ChannelName,
  type ChannelSource,
  type Initial,
  type KeyedSettings,
  matchPattern,
  type Need,
  type Pattern,
  parsePattern,
  patternHint,
  type Retention,
} from '@gamut/protocol'
import { isNeed } from './advice-rules.js'
import type { LogSettings } from './broker/broker.js'
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
import { remember } from './remember.js'

/** A channel's definition with every default filled in. */
export interface ChannelSettings
  extends LogSettings,
    Pick<ChannelDefinition, 'schema' | 'version' | 'upcast' | 'source'> {
  readonly pattern: string
  /** What `:name` segments of the pattern stand for. */
  readonly params: Readonly<Record<string, string>>
  readonly public: boolean
  readonly initial: Initial
  readonly conflate: boolean
  readonly maxMessageBytes: number
  readonly publish: 'authorized' | 'server'
  readonly need: Need
  /** What is measured takes the place of a need. */
  readonly followsTraffic: boolean
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
/** Channels whose settings are remembered. */
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
  need: isNeed,
  source: (value, name) => {
    checkFields<ChannelSource>(value, name, { load: isFunction, everyMs: isNumber(10, 2 ** 31 - 1) })
    const { load, everyMs } = value as Partial<ChannelSource>
    isFunction(load, `${name}.load`)
    isNumber(10, 2 ** 31 - 1)(everyMs, `${name}.everyMs`)
  },
  schema: isObject,
  version: isNumber(1, Number.MAX_SAFE_INTEGER),
  upcast: isFunction,
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
  if (definition.upcast && definition.version === undefined) {
    fail(`channels["${text}"].upcast`, 'it needs a version, which says what is older')
  }
  return { ...pattern, definition }
}

function settle(
  pattern: Defined,
  params: Record<string, string>,
  defaults: ChannelDefaults,
): ChannelSettings {
  const { retention, keyed, need, ...given } = pattern.definition
  return {
    volatile: false,
    public: false,
    initial: keyed ? 'snapshot' : 'last',
    conflate: false,
    publish: 'authorized',
    ...given,
    need: need === 'measured' ? {} : (need ?? {}),
    followsTraffic: need === 'measured',
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
export function settleChannels(
  definitions: Readonly<Record<string, ChannelDefinition>>,
  defaults: ChannelDefaults,
): (channel: ChannelName) => ChannelSettings {
  const patterns = Object.entries(definitions)
    .map(([text, definition]) => define(text, definition))
    .sort(byExactness)
  const anything: Defined = { text: '*', segments: ['*'], definition: {} }

  return remember(maxResolved, (channel) => {
    const names = channel.split('/')
    for (const pattern of patterns) {
      const params = matchPattern(pattern, names)
      if (params) return settle(pattern, params, defaults)
    }
    return settle(anything, {}, defaults)
  })
}
