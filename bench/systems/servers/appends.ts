import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { createRedisBroker } from '@gamut/broker-redis'
import { createSqliteBroker } from '@gamut/broker-sqlite'
import type { ChannelName } from '@gamut/protocol'
import { type AppendMessage, type Broker, createMemoryBroker, type LogSettings } from '@gamut/server'
import { createClient } from '@redis/client'

/**
 * A broker alone, with publishers in its own process that each append the next message once they are answered, or at
 * intended times. `appends.ts PORT memory|full|batched|off`, or `appends.ts PORT redis|redis-bare URL`; and
 * `GET /?seconds=5&publishers=64` answers with figures, also with `&messages=20` an append, or `&rate=5000` appends a second.
 */
const [port, kind = 'full', url = ''] = process.argv.slice(2)

// On the disk of the checkout: where temporary files are kept in memory a sync would cost nothing.
const cache = join(import.meta.dirname, '../../../node_modules/.cache/gamut')
mkdirSync(cache, { recursive: true })
const folder = mkdtempSync(join(cache, 'bench-appends-'))

const settings: LogSettings = {
  retention: { count: 10_000, bytes: 16_000_000, ageMs: 3_600_000 },
  volatile: false,
  idempotency: { windowMs: 300_000, maxKeys: 10_000 },
}
const channels = Array.from({ length: 16 }, (_, index) => `c${index}` as ChannelName)
const message = { data: JSON.stringify('x'.repeat(118)) }

type Append = (channel: ChannelName, messages: readonly AppendMessage[]) => Promise<unknown>

function createBroker(): Broker {
  if (kind === 'full' || kind === 'batched' || kind === 'off')
    return createSqliteBroker({ file: join(folder, 'gamut.db'), sync: kind })
  if (kind === 'memory') return createMemoryBroker()
  if (kind === 'redis') return createRedisBroker({ url })
  throw new Error(`${kind} is no broker that can be measured here`)
}

async function startBroker(): Promise<{ append: Append; end(): Promise<void> }> {
  const broker = createBroker()
  await broker.start({ onBatch: () => {}, onInterrupted: () => {}, onRestored: () => {} }, () => settings)
  const append: Append = async (channel, messages) => {
    const result = await broker.append(channel, messages, { publisher: 'bench' })
    if (!result.ok) throw new Error(result.code)
  }
  return { append, end: () => broker.close() }
}

/** What the least costs that keeps a message in Redis and tells others of it: no cursor, no epoch, one client's pipeline. */
async function startBare(): Promise<{ append: Append; end(): Promise<void> }> {
  const client = createClient({ url, RESP: 2 })
  await client.connect()
  const append: Append = (channel, messages) =>
    Promise.all(
      messages.flatMap(({ data = '' }) => [
        client.sendCommand(['XADD', channel, 'MAXLEN', '~', '10000', '*', 'm', data]),
        client.sendCommand(['PUBLISH', channel, data]),
      ]),
    )
  return { append, end: async () => client.destroy() }
}

const { append, end } = kind === 'redis-bare' ? await startBare() : await startBroker()

interface Work {
  readonly publishers: number
  readonly seconds: number
  /** So many go into one append. */
  readonly messages: number
  /** Appends a second, all together; 0: each appends again as soon as it is answered. */
  readonly rate: number
}

const channelOf = (publisher: number) => channels[publisher % channels.length] ?? ('c' as ChannelName)

/** Each publisher appends once it is answered. Returns what each append took, in milliseconds. */
async function inTurn({ publishers, seconds, messages }: Work): Promise<number[]> {
  const delays: number[] = []
  const batch = Array.from({ length: messages }, () => message)
  const until = performance.now() + seconds * 1000
  const publish = async (publisher: number) => {
    for (let now = performance.now(); now < until; ) {
      // What a broker knows at once it gives at once: others shall get their turn all the same.
      await new Promise(setImmediate)
      const asked = performance.now()
      await append(channelOf(publisher), batch)
      now = performance.now()
      delays.push(now - asked)
    }
  }
  await Promise.all(Array.from({ length: publishers }, (_, index) => publish(index)))
  return delays
}

/** Appends at intended times, whatever is answered. What each took counts from its time. */
async function onTime({ seconds, messages, rate }: Work): Promise<number[]> {
  const delays: number[] = []
  const batch = Array.from({ length: messages }, () => message)
  const start = performance.now()
  const asked: Promise<void>[] = []
  const ask = async (due: number, index: number) => {
    await append(channelOf(index), batch)
    delays.push(performance.now() - due)
  }
  while (asked.length < rate * seconds) {
    const due = start + (asked.length * 1000) / rate
    if (due > performance.now()) await wait(1)
    else asked.push(ask(due, asked.length))
  }
  await Promise.all(asked)
  return delays
}

async function run(work: Work) {
  const cpu = process.cpuUsage()
  const start = performance.now()
  const delays = await (work.rate > 0 ? onTime(work) : inTurn(work))
  const elapsed = (performance.now() - start) / 1000
  const { user, system } = process.cpuUsage(cpu)
  delays.sort((one, other) => one - other)
  const at = (share: number) => delays[Math.floor(delays.length * share)] ?? 0
  const count = delays.length * work.messages
  return {
    rate: count / elapsed,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    cpuUs: (user + system) / count,
    count,
    elapsed,
  }
}

createServer(async (request, response) => {
  const asked = new URL(request.url ?? '/', 'http://bench').searchParams
  const number = (name: string, other = 0) => Number(asked.get(name) ?? other)
  const figures = await run({
    publishers: number('publishers'),
    seconds: number('seconds'),
    messages: number('messages', 1),
    rate: number('rate'),
  })
  response.end(JSON.stringify(figures))
}).listen(Number(port), '127.0.0.1')

process.once('SIGTERM', async () => {
  await end()
  rmSync(folder, { recursive: true, force: true })
  process.exit()
})
