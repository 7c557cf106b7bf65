import type { connect, EnvironmentChange, Gamut } from '@gamut/client'
import type { TransportName } from '@gamut/protocol'
import fc from 'fast-check'
import { createModel } from './network.js'
import type { Trouble } from './server.js'

const names = ['a', 'b', 'c'] as const
type Name = (typeof names)[number]

/** One thing that happens, and how long nothing else does. */
export type Step = { readonly ms: number } & (
  | { readonly kind: 'publish' | 'trim' | 'back'; readonly name: Name; readonly count: number }
  | { readonly kind: 'reset' | 'listen' | 'leave' | 'overlap' | 'lose'; readonly name: Name }
  | { readonly kind: 'begin' | 'end'; readonly trouble: Trouble }
  | { readonly kind: 'cut' | 'silence' | 'drain' | 'repeat' | 'truncate' | 'rest' }
  | { readonly kind: 'page'; readonly what: EnvironmentChange }
)

/** A whole run. */
export interface Script {
  readonly transport: readonly TransportName[]
  readonly lots: readonly number[]
  readonly steps: readonly Step[]
}

const name = fc.constantFrom(...names)
const ms = fc.oneof(fc.nat(20), fc.nat(2_000), fc.nat(60_000))
const trouble = fc.constantFrom<Trouble>('away', 'mute', 'sockets', 'captive', 'busy', 'streams')
const anyStep = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('publish' as const),
      name,
      count: fc.integer({ min: 1, max: 8 }),
      ms,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constantFrom('trim', 'back'),
      name,
      count: fc.integer({ min: 1, max: 4 }),
      ms,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constantFrom('reset', 'listen', 'leave', 'overlap', 'lose'), name, ms }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('begin', 'end'), trouble, ms }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constantFrom('cut', 'silence', 'drain', 'repeat', 'truncate', 'rest'),
      ms,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('page' as const),
      what: fc.constantFrom<EnvironmentChange>('visible', 'hidden', 'frozen', 'shown'),
      ms,
    }),
  },
) as fc.Arbitrary<Step>

/** Anything that may happen to a client. */
export const anyScript: fc.Arbitrary<Script> = fc.record({
  transport: fc.uniqueArray(
    fc.constantFrom<TransportName>('websocket', 'sse', 'ndjson', 'long-poll', 'poll'),
    {
      minLength: 1,
    },
  ),
  lots: fc.array(fc.double({ min: 0.1, max: 1, maxExcluded: true, noNaN: true }), {
    minLength: 1,
    maxLength: 5,
  }),
  steps: fc.array(anyStep, { maxLength: 25 }),
})

/** What one listener was told: data of messages, and `gap`. */
type Told = (number | 'gap')[]

/** What is wrong between two gaps (I3, I4, I6): after one reading may go on from what is older (§5). */
function violations(told: Told, followed: ReadonlyMap<number, number>): string[] {
  const found: string[] = []
  let last: number | 'gap' = 'gap'
  const seen = new Set<number>()
  for (const item of told) {
    if (item === 'gap') seen.clear()
    else {
      if (seen.has(item)) found.push(`${item} came twice`)
      if (last !== 'gap' && followed.get(item) !== last)
        found.push(`${item} came after ${last}, and no gap was told`)
      if (Math.max(0, ...seen) > item) found.push(`${item} came after what is newer`)
      seen.add(item)
    }
    last = item
  }
  return found
}

type Model = ReturnType<typeof createModel>

/** Those who listen on a client, and what each was told. */
function createReaders(client: Gamut) {
  const now = new Map<Name, { readonly told: Told; stop(): void }>()
  const all: [channel: Name, told: Told][] = []
  return {
    now,
    all,
    listen: (channel: Name) => {
      if (now.has(channel)) return
      const told: Told = []
      const onGap = () => told.push('gap')
      const stop = client.channel<number>(channel).subscribe(({ data }) => told.push(data), { onGap })
      now.set(channel, { told, stop })
      all.push([channel, told])
    },
    leave: (channel: Name) => {
      now.get(channel)?.stop()
      now.delete(channel)
    },
  }
}

type Acts = { readonly [K in Step['kind']]: (step: Extract<Step, { readonly kind: K }>) => void }

/** What each step does. */
function createActs({ clock, server, change }: Model, readers: ReturnType<typeof createReaders>): Acts {
  const append = (channel: Name) => server.log(channel).append(clock.now())
  return {
    publish: ({ name: channel, count }) => {
      for (let index = 0; index < count; index += 1) append(channel)
    },
    trim: ({ name: channel, count }) => server.log(channel).trim(count),
    back: ({ name: channel, count }) => server.log(channel).goBack(count),
    reset: ({ name: channel }) => server.log(channel).reset(),
    listen: ({ name: channel }) => readers.listen(channel),
    leave: ({ name: channel }) => readers.leave(channel),
    begin: ({ trouble: what }) => server.troubles.add(what),
    end: ({ trouble: what }) => server.troubles.delete(what),
    cut: () => server.cut(),
    silence: () => server.silence(),
    drain: () => server.drain(500),
    repeat: () => server.repeat(),
    overlap: ({ name: channel }) => {
      append(channel)
      server.repeat()
    },
    lose: ({ name: channel }) => {
      append(channel)
      server.lose(channel)
    },
    truncate: () => {
      server.isTruncating = true
    },
    rest: () => undefined,
    page: ({ what }) => change(what),
  }
}

/** Longer than any wait of a client, its deadlines and its waits for a poll together. */
const healMs = 200_000

/** Lets a client live through a script, then heals all and publishes once more. Gives what was wrong, if anything. */
export async function live(connectTo: typeof connect, { transport, lots, steps }: Script): Promise<string[]> {
  let drawn = 0
  const model = createModel(() => lots[drawn++ % lots.length] ?? 0)
  const { clock, server, environment, change } = model
  const client = connectTo('https://model.test', { environment, transport })
  const readers = createReaders(client)
  const acts = createActs(model, readers)
  readers.listen('a')
  for (const step of steps) {
    acts[step.kind](step as never)
    server.pump()
    await clock.advance(step.ms)
  }
  server.troubles.clear()
  server.isTruncating = false
  change('online')
  change('visible')
  await clock.advance(healMs)
  for (const channel of readers.now.keys()) server.log(channel).append(clock.now())
  server.pump()
  await clock.advance(10_000)
  client.close()
  await clock.advance(0)
  const late = [...readers.now].flatMap(([channel, { told }]) => {
    const newest = server.log(channel).entries.at(-1)?.data
    return told.at(-1) === newest ? [] : [`${channel}: ${newest} has not come, the last was ${told.at(-1)}`]
  })
  const wrong = readers.all.flatMap(([channel, told]) =>
    violations(told, server.log(channel).followed).map((text) => `${channel}: ${text}`),
  )
  return [...late, ...wrong]
}
