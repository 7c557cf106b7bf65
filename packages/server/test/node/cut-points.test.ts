import type { TransportName } from '@gamut/protocol'
import { createFaultProxy, openReader, type WireReader } from '@gamut/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { start } from './rig.js'

/** With line ends and characters that a cut goes through. */
const texts = ['a\nb', 'é😀\u2028', '']
const whole = texts.map((text) => JSON.stringify(text))
/** As many readers are cut at once. */
const lanes = 16
/** More bytes than any of the answers has: the end of a server that never tells all. */
const tooMany = 3000

/** Which answers are cut: by which transport, with so many messages in it from the start; the others come live. */
interface Answers {
  readonly as: TransportName
  readonly stored: number
  readonly plainly: boolean
}

/** What a reader is told until it has so many messages or is gone. */
async function tell(reader: WireReader, enough: number): Promise<readonly string[]> {
  const told: string[] = []
  for (let left = enough; left > 0; ) {
    const event = await reader.next()
    if (!event) break
    if (event.kind === 'error') throw new Error(`${event.code}: ${event.message}`)
    if (event.kind === 'message') {
      told.push(event.message.data ?? '')
      left--
    }
    if (event.kind === 'gap' || (event.kind === 'open' && event.outcome === 'gap')) told.push('a gap')
  }
  reader.close()
  return told
}

/** A server that publishes the rest of a channel as soon as somebody asks for it. */
async function startPublishing({ stored, plainly }: Answers) {
  const rests = new Map<string, Promise<void>>()
  const publish = async (channel: string, some: readonly string[]) => {
    for (const text of some) {
      await gamut.publish(channel, text)
      // Each in a turn of its own, and so in a write of its own.
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  const authorize = (_who: unknown, _action: unknown, channel: string) => {
    if (!rests.has(channel)) {
      const later = new Promise((resolve) => setTimeout(resolve, 1))
      rests.set(
        channel,
        later.then(() => publish(channel, texts.slice(stored))),
      )
    }
    return true
  }
  const { gamut, port } = await start({ authorize, maxConnections: 20_000 }, { plainResponses: plainly })
  return {
    port,
    origin: `http://127.0.0.1:${port}`,
    store: (channel: string) => publish(channel, texts.slice(0, stored)),
    rest: (channel: string) => rests.get(channel),
  }
}

/** Cuts one answer after the other behind each of its bytes and resumes at the last good cursor; gives how many were cut. */
async function cutEverywhere(answers: Answers): Promise<number> {
  const { port, origin, store, rest } = await startPublishing(answers)
  let [next, cuts] = [1, 0]
  let isWhole = false

  async function cutBehind(k: number, way: { set(faults: object): void; readonly origin: string }) {
    const channel = `c${k}`
    await store(channel)
    way.set({ toClient: { endAfterBytes: k, endBy: k % 2 === 0 ? 'cut' : 'reset' } })
    const options = { channel, waitSeconds: 20, pollMs: 1 }
    const reader = openReader(answers.as, { ...options, origin: way.origin, cursor: 'oldest' })
    const told = await tell(reader, whole.length)
    await rest(channel)
    const { cursor } = reader
    const missed = whole.length - told.length
    // Who has not even heard where it stands begins anew.
    const resumes = cursor !== undefined && missed > 0
    const later = resumes
      ? await tell(openReader(answers.as, { ...options, origin, cursor }), missed)
      : whole.slice(0, missed)
    expect([...told, ...later], `cut behind byte ${k}, after ${told.length}`).toEqual(whole)
    return missed > 0
  }

  const lane = async () => {
    const way = await createFaultProxy({ target: { port } })
    onTestFinished(() => way.close())
    while (!isWhole && next < tooMany) {
      if (await cutBehind(next++, way)) cuts++
      else isWhole = true
    }
  }
  await Promise.all(Array.from({ length: lanes }, lane))
  expect(isWhole).toBe(true)
  return cuts
}

const bare = { plainly: false }
const plain = { plainly: true }

describe('a reader whose answer is cut behind any of its bytes', () => {
  it.each<[string, Answers]>([
    ['poll', { as: 'poll', stored: 3, ...bare }],
    ['long-poll', { as: 'long-poll', stored: 3, ...bare }],
    ['long-poll that waits', { as: 'long-poll', stored: 0, ...bare }],
    ['event stream', { as: 'sse', stored: 1, ...bare }],
    ['NDJSON stream', { as: 'ndjson', stored: 1, ...bare }],
    ['WebSocket', { as: 'websocket', stored: 1, ...bare }],
    ["long-poll that waits in Node's own response", { as: 'long-poll', stored: 0, ...plain }],
    ["event stream by Node's own response", { as: 'sse', stored: 1, ...plain }],
    ["NDJSON stream by Node's own response", { as: 'ndjson', stored: 1, ...plain }],
  ])(
    'goes on without a loss, a repeat or a gap: %s (§8, I4, I5)',
    async (_title, answers) => {
      expect(await cutEverywhere(answers)).toBeGreaterThan(200)
    },
    120_000,
  )
})
