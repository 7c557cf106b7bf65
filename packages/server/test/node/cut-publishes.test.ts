import {
  createFaultProxy,
  type FaultProxy,
  openSocketReader,
  rawRequest,
  takeUntil,
  WireClosed,
} from '@gamut/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { start } from './rig.js'

/** As many publishes are cut at once. */
const lanes = 16
/** More bytes than any of the requests has. */
const tooMany = 3000
const texts = ['a\nb', 'é😀\u2028', '']
const lines = texts.map((data, index) => JSON.stringify({ id: `m${index}`, data }))

/** Publishes to a channel on the way to this port; whether it was answered. */
type Publish = (port: number, channel: string) => Promise<boolean>

async function post(port: number, target: string, type: string, body: string, more: object = {}) {
  const headers = { 'Content-Type': type, 'Idempotency-Key': 'once', ...more }
  try {
    const answer = await rawRequest({ port, method: 'POST', target, headers, body })
    await answer.text()
    return answer.status === 201 || answer.status === 200
  } catch (error) {
    if (!(error instanceof WireClosed)) throw error
    return false
  }
}

const [first = ''] = texts.slice(1)
const chunk = Buffer.from(JSON.stringify(first))
const chunks = `1\r\n${chunk.subarray(0, 1)}\r\n${(chunk.length - 1).toString(16)}\r\n${chunk.subarray(1)}\r\n0\r\n\r\n`

const ways: readonly (readonly [string, Publish, readonly string[]])[] = [
  [
    'one message by HTTP',
    (port, channel) => post(port, `/channels/${channel}`, 'application/json', JSON.stringify(first)),
    [first],
  ],
  [
    'one in chunks',
    (port, channel) =>
      post(port, `/channels/${channel}`, 'application/json', chunks, { 'Transfer-Encoding': 'chunked' }),
    [first],
  ],
  [
    'several together',
    (port, channel) => post(port, `/channels/${channel}`, 'application/x-ndjson', `${lines.join('\n')}\n`),
    texts,
  ],
  [
    'one by WebSocket',
    async (port, channel) => {
      const socket = openSocketReader({ origin: `http://127.0.0.1:${port}`, channel: 'desk' })
      socket.send({ type: 'publish', ref: 1, channel, id: 'm1', data: first })
      const told = await takeUntil(socket, ({ kind }) => kind === 'ok' || kind === 'closed')
      socket.close()
      return told.at(-1)?.kind === 'ok'
    },
    [first],
  ],
]

describe('a publish that is cut behind any of its bytes', () => {
  it.each(ways)(
    'is stored whole or not at all, and once if it is tried again: %s (§3, I1, I2)',
    async (_title, publish, whole) => {
      const { gamut, port } = await start()
      let [next, cuts] = [1, 0]
      let isWhole = false

      const stored = async (channel: string) => {
        const answer = await rawRequest({ port, target: `/channels/${channel}?as=poll&cursor=oldest` })
        return JSON.parse(await answer.text()).messages.map(({ data }: { data: string }) => data)
      }

      async function cutBehind(k: number, way: FaultProxy): Promise<void> {
        const channel = `c${k}`
        way.set({ toServer: { endAfterBytes: k, endBy: k % 2 === 0 ? 'cut' : 'reset' } })
        if (await publish(way.port, channel)) isWhole = true
        else cuts++
        const before = await stored(channel)
        expect([[], whole], `cut behind byte ${k}`).toContainEqual(before)
        expect(await publish(port, channel)).toBe(true)
        expect(await stored(channel), `cut behind byte ${k} and tried again`).toEqual(whole)
      }

      const lane = async () => {
        const way = await createFaultProxy({ target: { port } })
        onTestFinished(() => way.close())
        while (!isWhole && next < tooMany) await cutBehind(next++, way)
      }
      await Promise.all(Array.from({ length: lanes }, lane))
      expect(isWhole).toBe(true)
      expect(cuts).toBeGreaterThan(100)
      await expect.poll(() => gamut.connections).toBe(0)
    },
    120_000,
  )
})
