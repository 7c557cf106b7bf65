import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { StoredMessage } from '@gamut/protocol'
import { expect, it } from 'vitest'
import { newFile } from '../support/folder.js'
import { openBroker } from '../support/open-broker.js'

const whole = process.env['GAMUT_CRASH'] === 'whole'
const kills = whole ? 200 : 10
const seed = Number(process.env['GAMUT_SEED'] ?? 1)
const writer = fileURLToPath(new URL('../support/writer.mjs', import.meta.url))
/** All whose messages are kept; of `small` the writer keeps the newest. */
const channels = ['c0', 'c1', 'c2']

/** A message that the writer has said something of. */
interface Tried {
  readonly channel: string
  readonly run: number
  cursor?: string
}

/** Numbers from 0 to 1 that a seed decides. */
function randomFrom(start: number) {
  let state = start >>> 0
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

/** Lets a writer run until it is killed, and notes what it said. A line that the kill has cut is none. */
async function writeUntilKilled(file: string, run: number, delay: number, tried: Map<string, Tried>) {
  const child = spawn(process.execPath, [writer, file, String(run), 'full'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let text = ''
  let timer: NodeJS.Timeout | undefined
  child.stdout.setEncoding('utf8').on('data', (piece: string) => {
    text += piece
    // From the first word on: before it there is nothing to lose. Some are killed while they open.
    timer ??= setTimeout(() => child.kill('SIGKILL'), delay)
  })
  if (delay < 10) timer = setTimeout(() => child.kill('SIGKILL'), 50 + delay * 10)
  const [code, signal] = await once(child, 'close')
  clearTimeout(timer)
  expect([code, signal]).toEqual([null, 'SIGKILL'])
  for (const line of text.split('\n').slice(0, -1)) {
    const [word, channel = '', name = '', cursor = ''] = line.split(' ')
    if (word === 'try') tried.set(name, { channel, run })
    const known = tried.get(name)
    if (word === 'ack' && known) known.cursor = cursor
  }
}

function nameOf({ data = '{}' }: StoredMessage): string {
  const { name, text, hash } = JSON.parse(data) as { name: string; text: string; hash: string }
  expect(createHash('sha1').update(text).digest('hex')).toBe(hash)
  return name
}

type Opened = Awaited<ReturnType<typeof openBroker>>

/** Reads all channels, and looks for each acknowledged message where its acknowledgement said. */
async function check(store: Opened, tried: ReadonlyMap<string, Tried>): Promise<Set<string>> {
  const places = new Map<string, string>()
  for (const channel of channels) {
    const { messages, head, cursor, more } = await store.read(channel, 'oldest')
    expect([cursor, more]).toEqual([head, false])
    const epoch = head.split('.')[0]
    expect(messages.map(({ offset }) => offset)).toEqual(messages.map((_, index) => index + 1))
    for (const message of messages) {
      const name = nameOf(message)
      expect(tried.get(name)?.channel, name).toBe(channel)
      expect(places.has(name), `${name} is there twice`).toBe(false)
      places.set(name, `${epoch}.${message.offset}.${message.tag}`)
    }
  }
  for (const [name, { channel, cursor }] of tried) {
    if (cursor !== undefined && channel !== 'small') expect(places.get(name), name).toBe(cursor)
  }
  const { messages, oldest } = await store.read('small', 'oldest')
  const first = Number(oldest.split('.')[1]) + 1
  expect(messages.map(({ offset }) => offset)).toEqual(messages.map((_, index) => first + index))
  for (const message of messages) expect(tried.get(nameOf(message))?.channel).toBe('small')
  return new Set(places.keys())
}

/** Publishes again what has no answer, under its key: each is stored once, whether it was stored or not. */
async function retry(
  store: Opened,
  tried: ReadonlyMap<string, Tried>,
  there: ReadonlySet<string>,
  run: number,
) {
  for (const [name, one] of tried) {
    if (one.run !== run || one.cursor !== undefined || one.channel === 'small') continue
    const text = `${name} again`
    const data = JSON.stringify({ name, text, hash: createHash('sha1').update(text).digest('hex') })
    const result = await store.append(one.channel, [{ data }], { idempotency: { key: name, hash: name } })
    expect(result.replayed, name).toBe(there.has(name))
    one.cursor = result.cursor
  }
}

it(`keeps what was acknowledged, once each, over ${kills} kills at random moments (I1, I2, seed ${seed})`, async () => {
  const file = newFile()
  const random = randomFrom(seed)
  const tried = new Map<string, Tried>()
  for (let run = 0; run < kills; run += 1) {
    await writeUntilKilled(file, run, random() * 150, tried)
    const store = await openBroker({ file }, { keyed: { maxKeys: 1_000, ageMs: Number.POSITIVE_INFINITY } })
    await retry(store, tried, await check(store, tried), run)
    await store.close()
  }
  const acknowledged = [...tried.values()].filter(({ cursor }) => cursor !== undefined)
  expect(acknowledged.length).toBeGreaterThan(kills)
}, 3_600_000)
