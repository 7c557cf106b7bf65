import { promptDelays } from './check-delays.js'
import { partsOf } from './gap-causes.js'
import type { History } from './history.js'
import { type KnownLogs, knownLogs } from './known-log.js'

/** What a run has done, in words. */
export interface Summary {
  readonly text: string
  /** What should have happened in every run and did not: a run that attacks nothing shows nothing. */
  readonly idle: readonly string[]
}

function tally(names: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1)
  return new Map([...counts].sort(([, a], [, b]) => b - a))
}

function line(title: string, counts: ReadonlyMap<string, number>): string {
  return `${title}: ${[...counts].map(([name, count]) => `${name} ${count}`).join(', ')}`
}

const expected = [
  'acknowledged',
  'unknown',
  'received',
  'opened',
  'gap',
  'skipped',
  'ended',
  'left',
  'life',
  'barred',
]

const troubles = ['stalled', '1 KB/s', 'attack by subscribing', 'attack by frames', 'attack by requests']

/** What the servers of a run must have suffered, and which losses readers must have been told of. */
export interface Expected {
  readonly faults: readonly string[]
  readonly losses: readonly string[]
  /** The log itself loses, and so often that a server is hardly ever well: nothing can be said of who was late. */
  readonly isLossy: boolean
}

/** How many messages were acknowledged and are not in the log any more. */
function countLost({ events }: History, logs: KnownLogs): number {
  const lost = events.flatMap((event) => {
    if (event.kind !== 'acknowledged') return []
    const cursor = partsOf(event.cursor)
    return logs.isLast(event.channel, cursor)
      ? []
      : event.offsets.map((offset) => logs.placeOf(event.channel, cursor, offset))
  })
  return new Set(lost).size
}

/** Counts what a history holds. */
export function summaryOf(history: History, convergedMs: number, must: Expected): Summary {
  const { events, readers } = history
  const logs = knownLogs(history)
  const lost = countLost(history, logs)
  const delays = promptDelays(history, logs)
    .map(({ ms }) => Math.round(ms))
    .sort((a, b) => a - b)
  const kinds = tally(events.map(({ kind }) => kind))
  const transports = tally(events.flatMap((event) => (event.kind === 'received' ? [event.transport] : [])))
  const faults = tally(events.flatMap((event) => (event.kind === 'fault' && event.on ? [event.name] : [])))
  const outcomes = tally(events.flatMap((event) => (event.kind === 'opened' ? [event.outcome] : [])))
  const losses = tally(
    events.flatMap((event) => {
      if (event.kind === 'gap') return [event.reason]
      return event.kind === 'opened' ? [event.gap?.reason ?? event.reason ?? []].flat() : []
    }),
  )
  const ends = tally(events.flatMap((event) => (event.kind === 'ended' ? [event.reason] : [])))
  const text = [
    `${readers.size} readers; at the top ${Math.round(convergedMs)} ms after the last fault`,
    line('events', kinds),
    line('received by', transports),
    line('outcomes', outcomes),
    line('losses told', losses),
    `acknowledged and lost by the log: ${lost} messages`,
    line('ends', ends),
    `prompt readers: ${delays.length} deliveries after their acknowledgements by ${delays[delays.length >> 1]} ms in the middle and ${delays.at(-1)} ms at most`,
    line('faults', faults),
  ].join('\n')
  const wanted = [
    ...expected.map((kind) => [kind, kinds] as const),
    ...must.losses.map((reason) => [reason, losses] as const),
  ]
  const ended = ['auth', 'revoked'].map((name) => [name, ends] as const)
  const servers = [...must.faults, ...troubles].map((name) => [name, faults] as const)
  const idle = [...wanted, ...ended, ...servers].flatMap(([name, counts]) => (counts.has(name) ? [] : [name]))
  const shown = must.isLossy ? lost : delays.length
  return { text, idle: shown === 0 ? [...idle, must.isLossy ? 'lost' : 'prompt'] : idle }
}
