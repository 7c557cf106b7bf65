import { createVirtualClock } from '@gamut/testing'
import { describe, expect, it } from 'vitest'
import {
  createGamut,
  type Gamut,
  type HttpRequest,
  type Metrics,
  type Sample,
  type Wire,
} from '../../src/index.js'

const decoder = new TextDecoder()

/** Keeps what a scrape would show. */
class Scrape implements Metrics {
  #samples: readonly Sample[] = []

  async render(samples: readonly Sample[]) {
    this.#samples = samples
    return { contentType: 'text/plain', text: '' }
  }

  async count(gamut: Gamut, name: Sample['name']): Promise<number> {
    await gamut.scrape()
    return this.#samples.filter((sample) => sample.name === name).reduce((sum, { value }) => sum + value, 0)
  }
}

function get(target: string): HttpRequest {
  return {
    method: 'GET',
    target,
    isUpgrade: false,
    address: '',
    header: () => undefined,
    body: async () => new Uint8Array(),
    toRequest: () => new Request(`http://localhost${target}`),
  }
}

class CountingWire implements Wire {
  writes = 0
  text = ''
  isFull = false

  write(chunks: readonly Uint8Array[]): boolean {
    this.writes++
    for (const chunk of chunks) this.text += decoder.decode(chunk)
    return !this.isFull
  }

  end(): void {}

  isAborted = false
  abort(): void {
    this.isAborted = true
  }
}

async function openStream(gamut: Gamut, target: string) {
  const reply = await gamut.handle(get(target))
  if (reply.kind !== 'stream') throw new Error(`no stream: ${JSON.stringify(reply)}`)
  const wire = new CountingWire()
  const owner = reply.start(wire)
  return { wire, owner }
}

/** More turns of the event loop than the write loop needs for a thousand connections: in each it writes at least 32. */
async function turns(count = 40): Promise<void> {
  for (let n = 0; n < count; n++) await new Promise((resolve) => setImmediate(resolve))
}

function setUp(options: Parameters<typeof createGamut>[0] = {}) {
  const metrics = new Scrape()
  return { metrics, gamut: createGamut({ authorize: () => true, metrics, ...options }) }
}

describe('delivering one turn of publishes', () => {
  it('encodes each batch once per codec and writes once per reader (architecture, Why it is fast)', async () => {
    const { gamut, metrics } = setUp()
    const streams = await Promise.all(
      Array.from({ length: 1000 }, (_, n) =>
        openStream(gamut, `/channels/busy?as=${n % 2 ? 'sse' : 'ndjson'}`),
      ),
    )
    await turns()
    const before = {
      encodes: await metrics.count(gamut, 'gamut_encodes_total'),
      writes: await metrics.count(gamut, 'gamut_writes_total'),
    }
    for (const { wire } of streams) wire.writes = 0

    await Promise.all(Array.from({ length: 1000 }, (_, n) => gamut.publish('busy', n)))
    await turns()

    // A batch has at most 100 messages, so a thousand publishes are ten batches on two codecs.
    expect((await metrics.count(gamut, 'gamut_encodes_total')) - before.encodes).toBe(20)
    expect((await metrics.count(gamut, 'gamut_writes_total')) - before.writes).toBe(1000)
    expect(streams.every(({ wire }) => wire.writes === 1)).toBe(true)
    expect(await metrics.count(gamut, 'gamut_deliveries_total')).toBe(1_000_000)
  })

  it('gives each reader of many channels one write for all of them', async () => {
    const { gamut } = setUp()
    const { wire } = await openStream(gamut, '/channels?channel=a&channel=b&channel=c&as=ndjson')
    await turns()
    wire.writes = 0
    await Promise.all(['a', 'b', 'c'].map((channel) => gamut.publish(channel, 1)))
    await turns()
    expect(wire.writes).toBe(1)
    expect(wire.text.match(/"type":"batch"/g)).toHaveLength(3)
  })

  it.each([
    ['that the window holds', true],
    ['that only the log holds', false],
  ])(
    'reads and encodes missed messages once for many readers %s (architecture, Why it is fast)',
    async (_what, isRead) => {
      const { gamut, metrics } = setUp()
      const watching = isRead ? [await openStream(gamut, '/channels/d?as=ndjson')] : []
      const cursors: string[] = []
      for (let n = 0; n < 500; n++) {
        cursors.push((await gamut.publish('d', n)).cursor)
        if (n % 50 === 0) await turns(2)
      }
      await turns(2)
      const before = {
        encodes: await metrics.count(gamut, 'gamut_encodes_total'),
        reads: await metrics.count(gamut, 'gamut_broker_reads_total'),
      }
      const readers = await Promise.all(
        Array.from({ length: 200 }, (_, n) =>
          openStream(gamut, `/channels/d?as=ndjson&cursor=${cursors[n * 2]}`),
        ),
      )
      await turns(40)
      readers.forEach(({ wire }, n) => {
        const data = [...wire.text.matchAll(/"data":(\d+)/g)].map(([, text]) => Number(text))
        expect(data).toEqual(Array.from({ length: 499 - n * 2 }, (_, at) => n * 2 + 1 + at))
      })
      const count = async (name: Sample['name'], since: number) => (await metrics.count(gamut, name)) - since
      // Each may open by a read of its own, which brings two entries that nobody had: 600 pages follow, which they share.
      expect(await count('gamut_broker_reads_total', before.reads)).toBeLessThanOrEqual(isRead ? 0 : 250)
      expect(await count('gamut_encodes_total', before.encodes)).toBeLessThanOrEqual(isRead ? 0 : 450)
      for (const { owner } of [...watching, ...readers]) owner.closed()
    },
  )

  it('encodes nothing for a channel that nobody reads', async () => {
    const { gamut, metrics } = setUp()
    await gamut.publish('alone', 1)
    await turns()
    expect(await metrics.count(gamut, 'gamut_encodes_total')).toBe(0)
  })
})

describe('a reader that is full', () => {
  it('is off the live path, keeps no messages, and goes on from the log without loss (§9)', async () => {
    const { gamut, metrics } = setUp({ windowBytes: 100 })
    const { wire, owner } = await openStream(gamut, '/channels/slow?as=ndjson')
    await turns()
    wire.isFull = true
    await gamut.publish('slow', 0)
    await turns()
    const before = wire.writes
    for (let n = 1; n <= 500; n++) await gamut.publish('slow', n)
    await turns()
    expect(wire.writes).toBe(before)

    wire.isFull = false
    owner.drained()
    await turns(40)
    const numbers = [...wire.text.matchAll(/"data":(\d+)/g)].map((match) => Number(match[1]))
    expect(numbers).toEqual(Array.from({ length: 501 }, (_, n) => n))
    expect(await metrics.count(gamut, 'gamut_gaps_total')).toBe(0)
  })

  it('is told "gap slow" where retention has overtaken it (§5, §9)', async () => {
    const { gamut, metrics } = setUp({ channels: { slow: { retention: { count: 10 } } } })
    const { wire, owner } = await openStream(gamut, '/channels/slow?as=sse')
    await turns()
    wire.isFull = true
    for (let n = 0; n < 100; n++) {
      await gamut.publish('slow', n)
      await turns(1)
    }
    wire.isFull = false
    owner.drained()
    await turns(40)
    expect(wire.text).toMatch(/event: \$gap\nid: \S+\ndata: \{"channel":"slow","reason":"slow"/)
    expect(wire.text.trimEnd().endsWith('data: 99')).toBe(true)
    expect(await metrics.count(gamut, 'gamut_gaps_total')).toBe(1)
  })

  it('delays no other reader (I16)', async () => {
    const { gamut } = setUp()
    const stalled = await openStream(gamut, '/channels/shared?as=sse')
    const other = await openStream(gamut, '/channels/shared?as=sse')
    await turns()
    stalled.wire.isFull = true
    for (let n = 0; n < 50; n++) {
      await gamut.publish('shared', n)
      await turns(2)
      expect(other.wire.text.trimEnd().endsWith(`data: ${n}`)).toBe(true)
    }
  })

  it('gets of each key only the newest message where the channel conflates, and the count of the rest (§9, I13)', async () => {
    const { gamut } = setUp({ channels: { 'prices/*': { conflate: true } } })
    const { wire, owner } = await openStream(gamut, '/channels/prices/a?as=ndjson')
    await turns()
    wire.isFull = true
    await gamut.publish('prices/a', 'first', { key: 'x' })
    await turns()
    for (let n = 0; n < 30; n++) await gamut.publish('prices/a', n, { key: n % 3 ? 'x' : 'y' })
    await turns()
    wire.isFull = false
    owner.drained()
    await turns(40)
    const batches = wire.text.split('\n').filter((line) => line.includes('"type":"batch"'))
    const frames = batches.map((line) => JSON.parse(line))
    const delivered = frames.reduce((sum, { messages }) => sum + messages.length, 0)
    const skipped = frames.reduce((sum, frame) => sum + (frame.skipped ?? 0), 0)
    expect(delivered + skipped).toBe(31)
    expect(skipped).toBe(28)
    expect(frames.at(-1).messages.map(({ data }: { data: number }) => data)).toEqual([27, 29])
  })
})

describe('maxRate', () => {
  it('paces a reader, and the last message still arrives (§8, pain 18)', async () => {
    const { gamut } = setUp()
    const { wire } = await openStream(gamut, '/channels/fast?as=ndjson&maxRate=100')
    await turns()
    for (let n = 0; n < 200; n++) await gamut.publish('fast', n)
    await expect.poll(() => wire.text.includes('"data":199')).toBe(true)
    const frames = wire.text
      .split('\n')
      .filter((line) => line.includes('"type":"batch"'))
      .map((line) => JSON.parse(line))
    const delivered = frames.reduce((sum, { messages }) => sum + messages.length, 0)
    const skipped = frames.reduce((sum, frame) => sum + (frame.skipped ?? 0), 0)
    expect(delivered + skipped).toBe(200)
    expect(skipped).toBeGreaterThan(0)
  })
})

describe('the write-progress watchdog (§10, I15)', () => {
  it('ends a reader that takes nothing for its time, and no other, however late it looks', async () => {
    const clock = createVirtualClock()
    const { gamut } = setUp({ clock, heartbeatMs: 1000, stuckMs: 3000 })
    const stuck = await openStream(gamut, '/channels/a?as=sse')
    await openStream(gamut, '/channels/a?as=sse')
    await turns()
    stuck.wire.isFull = true
    await gamut.publish('a', 1)
    await turns()
    await clock.advance(10_000)
    expect(stuck.wire.isAborted).toBe(true)
    expect(gamut.connections).toBe(1)
  })
})
