import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { createSqliteBroker } from '@gamut/broker-sqlite'
import type { ChannelName } from '@gamut/protocol'
import { type Broker, createMemoryBroker, type LogSettings } from '@gamut/server'

/**
 * A broker alone, with publishers in its own process that each append the next message once they are answered.
 * `appends.ts PORT memory|full|batched|off`, and `GET /?seconds=5&publishers=64` answers with figures.
 */
const [port, kind = 'full'] = process.argv.slice(2)

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

function createBroker(): Broker {
  if (kind === 'full' || kind === 'batched' || kind === 'off')
    return createSqliteBroker({ file: join(folder, 'gamut.db'), sync: kind })
  if (kind === 'memory') return createMemoryBroker()
  throw new Error(`${kind} is no broker that can be measured here`)
}

const broker = createBroker()
await broker.start({ onBatch: () => {}, onInterrupted: () => {}, onRestored: () => {} }, () => settings)

async function run(publishers: number, seconds: number) {
  const delays: number[] = []
  const cpu = process.cpuUsage()
  const start = performance.now()
  const end = start + seconds * 1000
  const publish = async (publisher: number) => {
    const channel = channels[publisher % channels.length] ?? ('c' as ChannelName)
    for (let now = performance.now(); now < end; ) {
      // What a broker knows at once it gives at once: others shall get their turn all the same.
      await new Promise(setImmediate)
      const asked = performance.now()
      const result = await broker.append(channel, [message], { publisher: 'bench' })
      if (!result.ok) throw new Error(result.code)
      now = performance.now()
      delays.push(now - asked)
    }
  }
  await Promise.all(Array.from({ length: publishers }, (_, index) => publish(index)))
  const elapsed = (performance.now() - start) / 1000
  const { user, system } = process.cpuUsage(cpu)
  delays.sort((one, other) => one - other)
  const at = (share: number) => delays[Math.floor(delays.length * share)] ?? 0
  return {
    rate: delays.length / elapsed,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    cpuUs: (user + system) / delays.length,
  }
}

createServer(async (request, response) => {
  const asked = new URL(request.url ?? '/', 'http://bench').searchParams
  const figures = await run(Number(asked.get('publishers')), Number(asked.get('seconds')))
  response.end(JSON.stringify(figures))
}).listen(Number(port), '127.0.0.1')

process.once('SIGTERM', async () => {
  await broker.close()
  rmSync(folder, { recursive: true, force: true })
  process.exit()
})
