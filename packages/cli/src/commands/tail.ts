import { formatMessage, type TransportName, transports } from '@gamut/protocol'
import { createFollower, type Follower, type FollowerEvent, type FollowOptions } from '@gamut/testing'
import type { Command, CommandInput } from '../command.js'
import { Failure, textOf, usageFailure } from '../failure.js'
import { givenChannel } from '../given-channel.js'
import { flagOption, type GivenOptions, type OptionTable, textOption } from '../option.js'
import { serverHeaders, serverOptions, serverUrl } from '../server-url.js'
import { didYouMean } from '../suggest.js'
import { createTailText } from '../tail-text.js'
import type { Terminal } from '../terminal.js'

/** Somebody watches: a server that is back shall be seen soon. */
const greatestWaitMs = 3000

const options: OptionTable = {
  ...serverOptions,
  transport: {
    kind: 'text',
    placeholder: 'T',
    short: 't',
    help: `${transports.join(', ')}, or all of them side by side`,
    default: 'sse',
  },
  cursor: {
    kind: 'text',
    placeholder: 'C',
    short: 'c',
    help: 'begin after this cursor, or at oldest or newest',
  },
  last: { kind: 'number', placeholder: 'N', short: 'n', help: 'begin with the last N messages' },
  full: { kind: 'flag', help: 'do not cut long messages at the edge of the terminal' },
  json: { kind: 'flag', help: 'one JSON line per event, all of them' },
}

function chosenTransports(given: GivenOptions): readonly TransportName[] {
  const name = textOption(given, 'transport') ?? 'sse'
  if (name === 'all') return transports
  const found = transports.find((transport) => transport === name)
  if (found) return [found]
  throw usageFailure(
    `--transport: there is no transport "${name}".${didYouMean(name, [...transports, 'all'])} There are ${transports.join(', ')}, and all.`,
  )
}

function chosenChannels(names: readonly string[]): readonly string[] {
  if (names.length === 0) throw usageFailure('Name a channel: gamut tail CHANNEL.')
  for (const [index, name] of names.entries()) {
    givenChannel(name)
    if (names.indexOf(name) !== index) throw usageFailure(`${name} is named twice. Name each channel once.`)
  }
  return names
}

function followOptions(given: GivenOptions, channels: readonly string[]): Omit<FollowOptions, 'transport'> {
  const cursor = textOption(given, 'cursor')
  const last = given.get('last')?.value
  if (cursor !== undefined && last !== undefined)
    throw usageFailure('--cursor and --last both say where to begin. Give one of them.')
  return {
    origin: serverUrl(given),
    channel: channels.length === 1 ? (channels[0] ?? '') : channels,
    headers: serverHeaders(given),
    backoff: { greatestMs: greatestWaitMs },
    ...(cursor !== undefined && { cursor }),
    ...(typeof last === 'number' && { last }),
  }
}

/** An event as one line of JSON; a message's data stands in it byte for byte. */
function toJsonLine(transport: TransportName, event: FollowerEvent): string {
  if (event.kind !== 'message') return JSON.stringify({ transport, ...event })
  const { message, ...rest } = event
  const text = formatMessage({ ...message, time: message.time ?? 0 })
  return `${JSON.stringify({ transport, ...rest }).slice(0, -1)},"message":${text}}`
}

function isFinal(event: FollowerEvent): boolean {
  return event.kind === 'error' || (event.kind === 'end' && event.reason !== 'closed')
}

/** What came of one reader. */
interface Tailed {
  readonly transport: TransportName
  readonly messages: number
  readonly follower: Follower
  readonly failed: boolean
}

async function tailOne(
  follower: Follower,
  channelCount: number,
  show: (event: FollowerEvent) => void,
): Promise<Tailed> {
  const { transport } = follower
  const closed = new Set<string>()
  let messages = 0
  let refused = false
  for await (const event of follower) {
    if (event.kind === 'message') messages++
    if (event.kind === 'waiting' || event.kind === 'open') refused = false
    else if (isFinal(event)) refused = true
    show(event)
    if (event.kind === 'end' && event.reason === 'closed') closed.add(event.channel)
    // A WebSocket stays open when its channels are closed: others could be subscribed to.
    if (closed.size === channelCount) follower.close()
    if (event.kind === 'closed')
      return { transport, messages, follower, failed: refused && event.how !== 'local' }
  }
  return { transport, messages, follower, failed: false }
}

function showSummary(all: readonly Tailed[], labelWidth: number, terminal: Terminal): void {
  terminal.note('')
  for (const { transport, messages, follower } of all) {
    const { requests, bytesRead } = follower.cost
    const cells = [
      `${messages} ${messages === 1 ? 'message' : 'messages'}`.padStart(16),
      `${requests} ${requests === 1 ? 'request' : 'requests'}`.padStart(14),
      `${bytesRead} bytes`.padStart(16),
    ]
    terminal.note(`${transport.padEnd(labelWidth)}${cells.join('')}   cursor ${follower.cursor ?? 'none'}`)
  }
}

async function run({ options: given, positionals, terminal }: CommandInput): Promise<number> {
  const names = chosenTransports(given)
  const channels = chosenChannels(positionals)
  const follow = followOptions(given, channels)
  const asJson = flagOption(given, 'json')
  const labelWidth = Math.max(...names.map((name) => name.length))
  const channelWidth = channels.length > 1 ? Math.max(...channels.map((name) => name.length)) : 0
  const full = flagOption(given, 'full')
  const followers = names.map((transport) => createFollower({ ...follow, transport }))
  const close = () => {
    for (const follower of followers) follower.close()
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, close)
  terminal.onBroken(close)
  const readings = followers.map((follower) => {
    const { transport } = follower
    const text = createTailText({
      terminal,
      transport,
      labelWidth,
      channelWidth,
      full,
      now: () => new Date(),
    })
    return tailOne(follower, channels.length, (event) => {
      const lines = asJson ? [toJsonLine(transport, event)] : text.lines(event)
      for (const line of lines) terminal.print(line)
    })
  })
  const all = await Promise.all(readings).catch((error: unknown) => {
    close()
    throw new Failure(`What came is not as a Gamut server says it: ${textOf(error)}`)
  })
  if (!asJson) showSummary(all, labelWidth, terminal)
  return all.some(({ failed }) => failed) ? 1 : 0
}

/** `gamut tail`. */
export const tailCommand: Command = {
  name: 'tail',
  usage: 'CHANNEL... [options]',
  about: [
    'Prints each message as it comes, and comes back with its cursor whenever the connection is lost: then it tells what became of the position, a gap by its name.',
    'Ends by Ctrl-C, when all channels are closed for good, or when the server refuses what no retry can mend (exit code 1).',
  ],
  options,
  examples: [
    { says: 'what comes from now on, and the last message', line: 'gamut tail chat/lobby' },
    { says: 'all transports side by side', line: 'gamut tail chat/lobby --transport all' },
    {
      says: 'everything that is kept, for a script',
      line: 'gamut tail chat/lobby --cursor oldest --json | jq .',
    },
  ],
  run,
}
