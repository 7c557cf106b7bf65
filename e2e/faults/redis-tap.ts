import { randomUUID } from 'node:crypto'
import type { Cursor } from '@gamut/protocol'
import { createClient } from '@redis/client'
import { endWithTest } from '../support/end-with-test.js'
import { until } from '../support/until.js'
import { channelNames } from './channels.js'
import { revocations } from './check-barred.js'
import type { Recorder } from './recorder.js'
import { send } from './redis-faults.js'

/** Listens to what one Redis announces, which is every entry that is written there, by nodes or by its master. */
export interface RedisTap {
  /** Whether it is the one that nodes write to: then its writes are the history's. */
  live: boolean
  /** The end of each channel's log. */
  readonly heads: ReadonlyMap<string, Cursor>
  /** What the keys of a channel begin with, once it was written. */
  keyOf(channel: string): string | undefined
  /** Whether a mark was heard that somebody announced. */
  hasHeard(mark: string): boolean
  /** Waits until all that was announced before was heard. */
  drain(): Promise<void>
  /** Takes over what its master has, of which nothing is announced to a replica that begins. */
  follow(master: { readonly port: number; readonly tap: RedisTap }): Promise<void>
}

/** Where it is said what is taken from a Redis, in the step that takes it: `*`, or the key of one channel. */
const taken = 'gamut:taken'
const marks = 'gamut:mark'

/** Deletes keys of a channel, and says so if there were any. */
const deletion = `if redis.call('DEL', unpack(KEYS)) > 0 then redis.call('PUBLISH', '${taken}', ARGV[1]) end`
const flush = `redis.call('FLUSHALL') redis.call('PUBLISH', '${taken}', '*')`

/** Deletes parts of a channel's keys, by hand as it were. */
export async function deleteParts(
  redis: { readonly port: number },
  key: string,
  parts: string,
): Promise<void> {
  const keys = [...parts].map((part) => `${key}:${part}`)
  await send(redis, ['EVAL', deletion, `${keys.length}`, ...keys, key])
}

/** Deletes everything. */
export async function flushAll(redis: { readonly port: number }): Promise<void> {
  await send(redis, ['EVAL', flush, '0'])
}

/** Writes down that from now on every channel goes on after an earlier entry, or begins empty. */
export function noteLoss(recorder: Recorder, heads: ReadonlyMap<string, Cursor>): void {
  for (const channel of [...channelNames, revocations]) {
    const after = heads.get(channel)
    recorder.add({ kind: 'life', channel, ...(after !== undefined && { after }) })
  }
}

const nameOf = (topic: string) => Buffer.from(topic.slice(topic.indexOf('}') + 1), 'base64url').toString()

async function mark(redis: { readonly port: number }): Promise<string> {
  const mark = randomUUID()
  await send(redis, ['PUBLISH', marks, mark])
  return mark
}

class Tap implements RedisTap {
  live = false
  readonly heads = new Map<string, Cursor>()
  readonly #keys = new Map<string, string>()
  readonly #heard = new Set<string>()
  readonly #redis: { readonly port: number }
  readonly #recorder: Recorder

  constructor(redis: { readonly port: number }, recorder: Recorder) {
    this.#redis = redis
    this.#recorder = recorder
  }

  keyOf(channel: string): string | undefined {
    return this.#keys.get(channel)
  }

  hasHeard(mark: string): boolean {
    return this.#heard.has(mark)
  }

  async drain(): Promise<void> {
    const own = await mark(this.#redis)
    await until(() => this.hasHeard(own))
  }

  async follow(master: { readonly port: number; readonly tap: RedisTap }): Promise<void> {
    const own = await mark(master)
    await until(() => this.hasHeard(own) && master.tap.hasHeard(own))
    for (const [channel, cursor] of master.tap.heads) {
      if (!this.heads.has(channel)) this.heads.set(channel, cursor)
      this.#keys.set(channel, master.tap.keyOf(channel) ?? '')
    }
  }

  hear(topic: string, text: string): void {
    if (topic === marks) this.#heard.add(text)
    else if (topic === taken) this.#lose(text)
    else if (topic.includes('}') && !topic.includes('~')) this.#write(topic, text)
  }

  #lose(key: string): void {
    const channels = key === '*' ? [...channelNames, revocations] : [nameOf(key)]
    for (const channel of channels) {
      this.heads.delete(channel)
      if (this.live) this.#recorder.add({ kind: 'life', channel })
    }
  }

  #write(topic: string, text: string): void {
    const channel = nameOf(topic)
    const [after, cursor] = text.split(' ', 2) as [Cursor, Cursor]
    if (!channelNames.includes(channel) || after === cursor) return
    this.heads.set(channel, cursor)
    this.#keys.set(channel, topic)
    if (this.live) this.#recorder.add({ kind: 'written', channel, after, cursor })
  }
}

/** Begins to listen. */
export async function openTap(redis: { readonly port: number }, recorder: Recorder): Promise<RedisTap> {
  const tap = new Tap(redis, recorder)
  const client = createClient({ url: `redis://127.0.0.1:${redis.port}` })
  // It ends with its Redis.
  const end = () => client.isOpen && client.destroy()
  client.on('error', end)
  endWithTest(async () => void end())
  await client.connect()
  await client.pSubscribe('gamut:*', (text, topic) => tap.hear(topic, text))
  return tap
}
