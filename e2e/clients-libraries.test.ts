import { EventSource as PackageEventSource } from 'eventsource'
import { EventSource as UndiciEventSource } from 'undici'
import { describe, expect, it } from 'vitest'
import { WebSocket as PackageWebSocket } from 'ws'
import { endWithTest } from './support/end-with-test.js'
import { createSightings } from './support/sightings.js'
import { startBehindProxy } from './support/start-behind-proxy.js'
import { startServer } from './support/start-server.js'

interface Seen {
  readonly name: string
  readonly data?: string
  readonly code?: number
}

interface Listener {
  addEventListener(name: string, listener: (event: { data?: unknown; code?: number }) => void): void
  close(): void
}

const named = (name: string) => (seen: Seen) => seen.name === name
const dataOf = ({ data }: Seen): unknown => JSON.parse(data ?? 'null')

/** Records what a client tells of itself, and closes it with the test. */
function record(client: Listener, names: readonly string[]) {
  const seen = createSightings<Seen>()
  for (const name of names) {
    client.addEventListener(name, ({ data, code }) => {
      seen.add({ name, ...(typeof data === 'string' && { data }), ...(code !== undefined && { code }) })
    })
  }
  endWithTest(async () => client.close())
  return seen
}

const eventNames = ['message', 'error', '$open', '$reconnect', '$heartbeat', '$end']
const eventSources = [
  { name: 'eventsource', Client: PackageEventSource },
  { name: "undici's EventSource", Client: UndiciEventSource },
]

describe.each(eventSources)('$name', ({ Client }) => {
  it('resumes after a cut without loss or repeat (§5, §6)', async () => {
    const { gamut, url, cutOff } = await startBehindProxy()
    await gamut.publish('cut', 1)
    const seen = record(new Client(`${url}/channels/cut`), eventNames)
    await seen.take(1, named('message'))
    await cutOff(async () => {
      for (const n of [2, 3]) await gamut.publish('cut', n)
    })
    await seen.take(3, named('message'))
    await gamut.publish('cut', 4)
    await seen.take(4, named('message'))
    expect(seen.all.filter(named('message')).map(dataOf)).toEqual([1, 2, 3, 4])
    expect(seen.all.filter(named('$open')).map(dataOf)).toMatchObject([
      { outcome: 'live' },
      { outcome: 'resumed' },
    ])
  })

  it('hears the server, lives through rotation, and stops at the end of a closed channel (§6, §10)', async () => {
    const { gamut, url } = await startServer({ heartbeatMs: 100, maxAgeMs: 400 })
    const client = new Client(`${url}/channels/job`)
    const seen = record(client, eventNames)
    await seen.take(1, named('$heartbeat'))
    await seen.take(2, named('$open'))
    await gamut.publish('job', 'done', { close: true })
    await seen.take(1, named('$end'))
    await seen.until(() => client.readyState === client.CLOSED)
    expect(seen.all.filter(named('message')).map(dataOf)).toEqual(['done'])
  })

  it('gets in when a full server has room again (§6, §10)', async () => {
    const { url } = await startServer({ maxConnections: 1, random: () => 0 })
    const inside = await fetch(`${url}/channels/full?as=sse`)
    const seen = record(new Client(`${url}/channels/full`), eventNames)
    await seen.take(1, named('$reconnect'))
    await inside.body?.cancel()
    await seen.take(1, named('$open'))
  })
})

const framesOf = (all: readonly Seen[]) =>
  all.filter(named('message')).map((seen) => dataOf(seen) as { type: string } & Record<string, unknown>)
const socketNames = ['open', 'message', 'close']
const ofNode = globalThis.WebSocket
/** What both have in common: their types name events of different libraries. */
interface Socket extends Listener {
  readonly protocol: string
  send(text: string): void
}
const webSockets = [
  { name: 'ws', Client: PackageWebSocket },
  // Node 20 has none.
  ...(ofNode ? [{ name: "Node's own WebSocket", Client: ofNode }] : []),
] as unknown as { name: string; Client: new (url: string, protocol?: string) => Socket }[]

describe.each(webSockets)('$name', ({ Client }) => {
  it('publishes, and resumes with its cursor after a cut without loss or repeat (§5, §7)', async () => {
    const { gamut, url, cutOff } = await startBehindProxy()
    const target = `${url.replace('http', 'ws')}/channels/cut`
    const socket = new Client(target, 'gamut.v1.json')
    const first = record(socket, socketNames)
    await first.take(1, named('open'))
    expect(socket.protocol).toBe('gamut.v1.json')
    socket.send(JSON.stringify({ type: 'publish', ref: 1, channel: 'cut', data: 1 }))
    const batch = await first.until((all) => framesOf(all).find(({ type }) => type === 'batch'))
    await cutOff(() => gamut.publish('cut', 2))
    expect((await first.take(1, named('close')))[0]?.code).toBe(1006)
    const second = record(new Client(`${target}?cursor=${batch['cursor']}`), socketNames)
    await second.until((all) => framesOf(all).some(({ type }) => type === 'batch'))
    await gamut.publish('cut', 3)
    const numbers = await second.until((all) => {
      const batches = framesOf(all).filter(({ type }) => type === 'batch')
      const found = batches.flatMap(({ messages }) =>
        (messages as { data: unknown }[]).map(({ data }) => data),
      )
      return found.includes(3) && found
    })
    expect(numbers).toEqual([2, 3])
    expect(framesOf(second.all).find(({ type }) => type === 'open')).toMatchObject({ outcome: 'resumed' })
  })

  it('answers pings, so it lives on although nothing is said, until it is rotated (§7, §10)', async () => {
    const { url } = await startServer({ heartbeatMs: 100, maxAgeMs: 1000 })
    const seen = record(new Client(`${url.replace('http', 'ws')}/channels/quiet`), socketNames)
    const [closed] = await seen.take(1, named('close'))
    expect(closed?.code).toBe(4003)
    // Two pings without an answer would have ended it at the third heartbeat.
    expect(framesOf(seen.all).filter(({ type }) => type === 'heartbeat').length).toBeGreaterThan(3)
  })
})
