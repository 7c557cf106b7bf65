import { setTimeout as wait } from 'node:timers/promises'
import { collectGarbage } from '../measure/collect.ts'
import { median } from '../measure/statistics.ts'
import { isData, ringSize } from './data.ts'
import type { Library } from './libraries/library.ts'
import type { Answer, Order } from './orders.ts'

/** A process that has loaded one client library, and nothing else: `reader.ts LIBRARY`. */
const { read } = (await import(`./libraries/${process.argv[2]}.ts`)) as Library
/** How long the first message may take. */
const patienceMs = 30_000
const settleMs = 300

/** Waits until something has come that is awaited. */
function awaited() {
  let settle = () => {}
  const promise = new Promise<void>((resolve) => {
    settle = resolve
  })
  const timer = wait(patienceMs, undefined, { ref: false }).then(() => {
    throw new Error('no message came in time')
  })
  return { settle, done: Promise.race([promise, timer]) }
}

/** Takes the ring as fast as it can, and looks that nothing of it is missing. */
async function receive(url: string, way: string, seconds: number) {
  const first = awaited()
  let heard = 0
  let missing = 0
  let next: number | undefined
  const close = read(url, way, ['c'], (data) => {
    if (!isData(data) || (next !== undefined && data.n !== next)) missing++
    next = (data.n + 1) % ringSize
    heard++
    if (heard === 1) first.settle()
  })
  await first.done
  await wait(settleMs)
  const start = { heard, cpu: process.cpuUsage(), at: performance.now() }
  await wait(seconds * 1000)
  const cpu = process.cpuUsage(start.cpu)
  const ms = performance.now() - start.at
  const messages = heard - start.heard
  close()
  if (missing > 0) throw new Error(`lost or repeated ${missing}`)
  if (messages === 0) throw new Error('no message in the window')
  const cpuUs = cpu.user + cpu.system
  return { cpuUs: cpuUs / messages, perSecond: (messages * 1000) / ms, share: cpuUs / 1000 / ms }
}

/** Opens clients one after the other, each until its first message. */
async function connect(url: string, way: string, count: number) {
  const times: number[] = []
  for (let round = 0; round < count; round++) {
    const first = awaited()
    const start = performance.now()
    const close = read(url, way, ['c'], first.settle)
    await first.done
    times.push(performance.now() - start)
    close()
    await wait(5)
  }
  return { ms: median(times), most: Math.max(...times) }
}

/** One client with many subscriptions, each of which has got a message. */
async function subscribe(url: string, way: string, count: number) {
  const hold = async (names: readonly string[]) => {
    const all = awaited()
    const left = new Set(names)
    const close = read(url, way, names, (_data, name) => {
      left.delete(name)
      if (left.size === 0) all.settle()
    })
    await all.done
    return close
  }
  const memory = async () => {
    await wait(1000)
    collectGarbage()
    const { heapUsed, rss } = process.memoryUsage()
    return { heapUsed, rss }
  }
  // What is there once is none of a subscription's.
  const closes = [await hold(['first'])]
  const before = await memory()
  const startedAt = performance.now()
  closes.push(await hold(Array.from({ length: count }, (_, index) => `channel-${index}`)))
  const readyMs = performance.now() - startedAt
  const after = await memory()
  for (const close of closes) close()
  return {
    heapBytes: (after.heapUsed - before.heapUsed) / count,
    rssBytes: (after.rss - before.rss) / count,
    readyMs,
  }
}

function follow(order: Order) {
  const { url, way } = order
  if (order.type === 'receive') return receive(url, way, order.seconds)
  if (order.type === 'connect') return connect(url, way, order.count)
  return subscribe(url, way, order.count)
}

process.on('message', async (order: Order) => {
  const answer: Answer = await follow(order).then(
    (figures) => ({ figures }),
    (error: unknown) => ({ failure: String(error) }),
  )
  process.send?.(answer)
})
// A profile is written at an exit.
process.on('disconnect', () => process.exit(0))
