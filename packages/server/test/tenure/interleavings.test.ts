import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createTenureRig, type Reading } from './rig.js'

const lifeMs = 60_000
const steps = [
  'publish',
  'deliver',
  'revoke',
  'lift',
  'expire',
  'renew',
  'reconnect',
  'fill',
  'drain',
] as const
const transports = ['sse', 'ndjson', 'websocket'] as const

/** What a reader was given so far, and from where it would read on. */
function parse({ text }: Reading): { readonly data: readonly number[]; readonly cursor: string | undefined } {
  if (text.startsWith('retry:')) {
    const events = [...text.matchAll(/id: (\S+)\ndata: (\d+)\n/g)]
    return { data: events.map(([, , data]) => Number(data)), cursor: events.at(-1)?.[1] }
  }
  const frames = text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
  const batches = frames.filter(({ type }) => type === 'batch')
  return {
    data: batches.flatMap(({ messages }) => messages.map(({ data }: { data: number }) => data)),
    cursor: batches.at(-1)?.cursor,
  }
}

/** One reader over many connections and tokens: everything that it was given. */
class Reader {
  readonly got: number[] = []
  reading: Reading | undefined
  #cursor = 'oldest'
  #taken = 0
  readonly #rig: ReturnType<typeof createTenureRig>
  readonly #id: string
  readonly #transport: string

  constructor(rig: ReturnType<typeof createTenureRig>, id: string, transport: string) {
    this.#rig = rig
    this.#id = id
    this.#transport = transport
  }

  take(): void {
    if (!this.reading) return
    const { data, cursor } = parse(this.reading)
    this.got.push(...data.slice(this.#taken))
    this.#taken = data.length
    this.#cursor = cursor ?? this.#cursor
  }

  learn(expiresInMs = lifeMs): void {
    const { clock, known } = this.#rig
    known.set(this.#id, { id: this.#id, expiresAt: clock.now() + expiresInMs })
  }

  async connect(): Promise<void> {
    this.take()
    this.reading?.owner?.closed()
    this.#taken = 0
    this.reading = await this.#rig.open(`/channels/a?as=${this.#transport}&cursor=${this.#cursor}`, {
      token: this.#id,
    })
    await this.#rig.turns()
  }

  async renew(): Promise<void> {
    this.learn()
    if (this.#transport !== 'websocket' || !this.reading || this.reading.isOver) return this.connect()
    this.reading.send({ type: 'auth', ref: 1, token: this.#id })
    await this.#rig.turns()
  }
}

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index + 1)

async function run(transport: string, script: readonly (typeof steps)[number][]): Promise<void> {
  const rig = createTenureRig({ maxAgeMs: 1e9, heartbeatMs: 1e8 })
  const [ann, bob] = [new Reader(rig, 'ann', transport), new Reader(rig, 'bob', 'ndjson')]
  let published = 0
  let isRevoked = false
  ann.learn()
  bob.learn(1e9)
  await ann.connect()
  await bob.connect()
  const publish = () => rig.gamut.publish('a', ++published)
  const actions: Record<(typeof steps)[number], () => Promise<unknown>> = {
    publish,
    deliver: () => rig.turns(),
    revoke: async () => {
      await rig.revoke({ identity: 'ann' })
      ann.take()
      isRevoked = true
    },
    lift: async () => {
      isRevoked = false
      await rig.revoke({ identity: 'ann', forMs: 0 })
    },
    expire: () => {
      rig.clock.jump(lifeMs)
      return rig.clock.advance(600)
    },
    renew: () => ann.renew(),
    reconnect: () => ann.connect(),
    fill: async () => {
      if (ann.reading) ann.reading.isFull = true
    },
    drain: async () => ann.reading?.drain(),
  }
  for (const step of script) {
    const had = ann.got.length
    const wasRevoked = isRevoked
    await actions[step]()
    ann.take()
    // Not a byte to whoever is revoked, from the answer on.
    if (wasRevoked && isRevoked) expect(ann.got.length, `${step} in ${script.join()}`).toBe(had)
  }
  await actions.lift()
  ann.learn()
  await ann.connect()
  await publish()
  await rig.turns()
  for (const reader of [ann, bob]) {
    reader.take()
    expect(reader.got, script.join()).toEqual(numbers(published))
  }
  await rig.gamut.stop()
}

describe.each(transports)(
  'any interleaving of publishes, revocations, ends, renewals and cuts, by %s,',
  (transport) => {
    it('gives no byte after a revocation was answered, and loses and repeats nothing for anybody (§12, I4, I21)', async () => {
      const script = fc.array(fc.constantFrom(...steps), { maxLength: 30 })
      await fc.assert(
        fc.asyncProperty(script, (drawn) => run(transport, drawn)),
        { numRuns: 60 },
      )
    })
  },
)
