import type { NewMessage } from '@gamut/protocol'
import { channelNames, channelOf } from './channels.js'
import type { PlannedMessage } from './history.js'
import { messageHash } from './message-hash.js'
import type { Random } from './random.js'

/** One publish, the same in each of its tries. */
export interface Operation {
  readonly name: string
  readonly channel: string
  readonly messages: readonly NewMessage[]
  readonly close?: true
}

/** What stands in JSON in more than one way, or breaks a line somewhere. */
const oddTexts = [
  '\u2028',
  '\u2029',
  '😀',
  '\\u0000',
  '\\r\\n',
  '"',
  '\\ud83d',
  '\ufeff',
  '  ',
  'data: x',
  'é',
]

function odd(random: Random): string {
  const text = random.pick(oddTexts)
  return text === '"' ? '\\"' : text
}

const largeSize = (random: Random) => random.between(30_000, 50_000)

/** JSON text; its name comes first, so that a violation can be read. */
function drawData(random: Random, name: string, size: number): string {
  const length = random.chance(0.02) ? largeSize(random) : random.between(0, size)
  const space = random.chance(0.2) ? '  ' : ''
  const number = random.pick(['1', '1.0', '-0', '1e3', '12345678901234567890', '0.1e-7'])
  return `{"m":"${name}",${space}"n":${number},"pad":"${odd(random)}${'x'.repeat(length)}${odd(random)}"}`
}

function drawMessage(random: Random, name: string, channel: string, withId: boolean): NewMessage {
  const { keys, size } = channelOf(channel)
  const key = keys === undefined ? undefined : `key ${random.between(1, keys)}`
  const named = withId ? { id: name } : {}
  if (key !== undefined && random.chance(0.1)) return { ...named, key, deleted: true }
  return {
    ...named,
    data: drawData(random, name, size),
    ...(random.chance(0.2) && { event: random.pick(['tick', 'message', 'x y']) }),
    ...(key !== undefined && { key }),
  }
}

/** Draws what a publisher publishes next. `most` is how many messages it may publish together. */
export function drawOperation(random: Random, name: string, most: number): Operation {
  const weighted = channelNames.flatMap(
    (channel) => Array(channelOf(channel).weight).fill(channel) as string[],
  )
  const channel = random.pick(weighted)
  const first = drawMessage(random, `${name}.0`, channel, most === 1)
  if (most === 1 || first.deleted || random.chance(0.7)) return { name, channel, messages: [first] }
  const count = random.between(2, most)
  const messages = Array.from({ length: count }, (_, index) =>
    drawMessage(random, `${name}.${index}`, channel, true),
  )
  return { name, channel, messages }
}

const floodMessages = 15

/** One of the publishes of a flood: as much as a body may hold. */
export function drawFlood(random: Random, name: string, channel: string): Operation {
  const messages = Array.from({ length: floodMessages }, (_, index): NewMessage => {
    const id = `${name}.${index}`
    const { keys } = channelOf(channel)
    const key = keys === undefined ? {} : { key: `key ${random.between(1, keys)}` }
    return { id, ...key, data: `{"m":"${id}","pad":"${'y'.repeat(largeSize(random))}"}` }
  })
  return { name, channel, messages }
}

/** What the history says of an operation's messages. */
export function plannedOf({ messages }: Operation): readonly PlannedMessage[] {
  return messages.map((message) => ({
    hash: messageHash(message),
    ...(message.key !== undefined && { key: message.key }),
    ...(message.deleted && { deleted: true }),
  }))
}
