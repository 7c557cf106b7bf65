import { createGamut, type Gamut, type Sample } from '@gamut/server'
import { type Served, serve } from '@gamut/server/node'
import { channelOf, messageOf, type Publishing, type ServerPlan, type Usage } from './plan.js'

type Question =
  | { readonly do: 'begin'; readonly plan: ServerPlan }
  | { readonly do: 'port' | 'usage' | 'memory' }
  | { readonly do: 'publish'; readonly publishing: Publishing }
  | { readonly do: 'append'; readonly count: number; readonly bytes: number }

/** Room for whatever is measured: what is turned away costs something else. */
const limits = {
  maxConnections: 100_000,
  maxConnectionsPerAddress: 100_000,
  maxSockets: 100_000,
  maxSocketsPerAddress: 100_000,
  maxSilentSockets: 100_000,
  maxSilentPerAddress: 100_000,
  acceptRate: 100_000,
  acceptBurst: 100_000,
  publishRate: 1_000_000,
  publishBurst: 1_000_000,
  overloadDelayMs: 60_000,
}

let samples: readonly Sample[] = []
const metrics = {
  render: async (all: readonly Sample[]) => {
    samples = all
    return { contentType: 'text/plain', text: '' }
  },
}

let gamut: Gamut | undefined
let served: Served | undefined
let perUser = false
let count = 0
let written = 0
let timer: NodeJS.Timeout | undefined

async function begin({ heartbeatMs, perUser: isPerUser }: ServerPlan): Promise<void> {
  perUser = isPerUser
  gamut = createGamut({
    channels: { all: { public: true }, 'user/:id': {} },
    authorize: () => true,
    ...limits,
    heartbeatMs,
    metrics,
  })
  served = await serve(gamut, { port: 0, host: '127.0.0.1' })
}

async function publishOne(channel: number, bytes: number): Promise<void> {
  await gamut?.publish(channelOf(channel, perUser), JSON.parse(messageOf(count++, bytes)))
}

/** Publishes as by chance: the time to the next is exponential, on the mean of all channels. */
async function publish({ perSecond, channels, messageBytes }: Publishing): Promise<void> {
  clearTimeout(timer)
  // Whoever comes finds a newest message, as in a channel that has been there for a while.
  for (; written < channels; written++) await publishOne(written, messageBytes)
  const rate = perSecond * channels
  if (rate === 0) return
  let at = performance.now()
  const next = () => {
    at += (-Math.log(1 - Math.random()) / rate) * 1000
    timer = setTimeout(go, Math.max(0, at - performance.now()))
  }
  const go = () => {
    void publishOne(Math.floor(Math.random() * channels), messageBytes)
    next()
  }
  next()
}

async function usage(): Promise<Usage> {
  const { user, system } = process.cpuUsage()
  await gamut?.scrape()
  const counters: Record<string, number> = {}
  for (const { name, suffix, value } of samples)
    if (suffix === '') counters[name] = (counters[name] ?? 0) + value
  return { user, kernel: system, counters }
}

function memory(): number {
  // What V8 keeps in reserve is no cost of a connection: it is given back when memory is short.
  ;(globalThis.gc as ((options: object) => void) | undefined)?.({
    type: 'major',
    execution: 'sync',
    flavor: 'last-resort',
  })
  return process.memoryUsage.rss()
}

async function append(times: number, bytes: number): Promise<{ user: number; kernel: number }> {
  const before = process.cpuUsage()
  for (let done = 0; done < times; done++) await publishOne(0, bytes)
  const { user, system } = process.cpuUsage(before)
  return { user: user / times, kernel: system / times }
}

/** The server's process: answers whoever measures. */
export function answerAsServer(question: Question): unknown {
  switch (question.do) {
    case 'begin':
      return begin(question.plan)
    case 'port':
      return served?.port
    case 'usage':
      return usage()
    case 'memory':
      return memory()
    case 'publish':
      return publish(question.publishing)
    case 'append':
      return append(question.count, question.bytes)
  }
}
