import { setTimeout as delay } from 'node:timers/promises'
import { type ChannelName, type Cursor, parseSetCursor, type TransportName } from '@gamut/protocol'
import { createFollower, type Follower, type FollowerEvent, type FollowOptions } from '@gamut/testing'
import { messageHash } from './message-hash.js'
import type { ReaderPlan } from './plan.js'
import type { Recorder } from './recorder.js'

/** A reader that does what its plan says and writes down what it is told. */
export interface PlannedReader {
  readonly plan: ReaderPlan
  readonly channels: readonly string[]
  /** Where it stands in each channel. */
  readonly positions: ReadonlyMap<string, Cursor>
  /** Channels that have ended for it. */
  readonly ended: ReadonlySet<string>
  /** Whether it reads no more. */
  readonly isOver: boolean
  /** Stalls and changes transport as planned, until `signal` is aborted; then reads on undisturbed. */
  play(signal: AbortSignal): Promise<void>
  close(): void
}

/** A connection that says nothing for so long, although heartbeats come each second, is dead. */
const silenceMs = 4000
const backoff = { firstMs: 100, greatestMs: 1500 }
/** A change of transport that is not done by then hangs on a way that is mute. */
const switchMs = 4000

class FollowingReader implements PlannedReader {
  readonly plan: ReaderPlan
  readonly channels: readonly string[]
  readonly positions = new Map<string, Cursor>()
  readonly ended = new Set<string>()
  isOver = false
  readonly #options: Omit<FollowOptions, 'transport'>
  readonly #recorder: Recorder
  #tokens = 0
  #follower: Follower
  #transport: TransportName

  constructor(plan: ReaderPlan, origin: string, recorder: Recorder, cursor?: string) {
    this.plan = plan
    this.channels = typeof plan.channel === 'string' ? [plan.channel] : plan.channel
    this.#recorder = recorder
    const limit = plan.limit === undefined ? {} : { limit: plan.limit }
    const ask = plan.ask === undefined ? {} : { ask: plan.ask }
    const from = cursor === undefined ? {} : { cursor }
    this.#options = {
      origin,
      channel: plan.channel,
      silenceMs: plan.silenceMs ?? silenceMs,
      waitSeconds: 2,
      pollMs: 250,
      backoff,
      ...limit,
      ...ask,
      ...from,
    }
    this.#transport = plan.transport
    this.#follower = this.#follow(plan.transport)
  }

  async play(signal: AbortSignal): Promise<void> {
    await Promise.all([this.#stall(signal), this.#flip(signal)])
    this.#follower.resume()
  }

  close(): void {
    this.isOver = true
    this.#follower.close()
  }

  /** Begins where what was written down ends. */
  #follow(transport: TransportName): Follower {
    const { channels, positions } = this
    const several = typeof this.plan.channel !== 'string'
    const cursors = channels.map((channel) => positions.get(channel) ?? '')
    const cursor = several ? cursors : cursors[0] || undefined
    const token = this.#takeToken()
    const follower = createFollower({
      ...this.#options,
      transport,
      ...(token !== undefined && { headers: { Authorization: `Bearer ${token}` } }),
      ...(positions.size > 0 && cursor !== undefined && { cursor }),
    })
    this.#transport = transport
    void this.#read(follower, token)
    return follower
  }

  /** A token as the server of a run knows them: a name, and when it ends. */
  #takeToken(): string | undefined {
    const { name, token } = this.plan
    if (!token) return undefined
    const id = identityOf(name)
    if (!('forMs' in token)) return id
    const taken = `${id}-${++this.#tokens}~${Date.now() + token.forMs}`
    this.#recorder.add({ kind: 'barred', token: taken, from: this.#recorder.now() + token.forMs })
    return taken
  }

  async #read(follower: Follower, token?: string): Promise<void> {
    const reader = this.plan.name
    try {
      for (let event = await follower.next(); event; event = await follower.next()) {
        // What another one has taken over from here is read there again.
        if (this.#follower !== undefined && this.#follower !== follower) return
        this.#note(event, token)
      }
      if (this.isOver || this.#follower !== follower) return
      if (this.plan.token && 'forMs' in this.plan.token) {
        this.#moveTo(this.#transport, 'with another token')
        return
      }
      this.isOver = true
      if (this.ended.size < this.channels.length)
        this.#recorder.add({ kind: 'gave-up', reader, why: this.#lastWords })
    } catch (error) {
      this.isOver = true
      this.#recorder.add({ kind: 'gave-up', reader, why: String(error) })
    }
  }

  #lastWords = ''

  #note(event: FollowerEvent, token?: string): void {
    const { name: reader } = this.plan
    const add = this.#recorder.add
    switch (event.kind) {
      case 'waiting':
        add({ kind: 'left', reader, why: JSON.stringify(event.because) })
        return
      case 'switched':
        this.#transport = event.transport
        add({ kind: 'left', reader, why: `for ${event.transport}` })
        return
      case 'closed':
        this.#lastWords = JSON.stringify(event)
        // Of a channel that was read to its end, that is how an event stream says so (PROTOCOL §6).
        if (event.status === 204) for (const channel of this.channels) this.#end(channel, 'closed')
        return
      case 'error':
        this.#lastWords = JSON.stringify(event)
        return
      case 'position':
        for (const [channel, cursor] of parseSetCursor(event.cursor, this.channels as ChannelName[]) ?? [])
          this.#move(channel, cursor)
        return
      case 'batch':
        this.#move(event.channel, event.cursor)
        return
      default:
        this.#noteOutcome(event, token)
    }
  }

  #noteOutcome(event: FollowerEvent, token?: string): void {
    const { name: reader } = this.plan
    const add = this.#recorder.add
    switch (event.kind) {
      case 'open': {
        const { kind: _kind, ...fields } = event
        add({ kind: 'opened', reader, ...fields })
        if (event.gap?.reason === 'epoch' || event.gap?.reason === 'diverged')
          this.ended.delete(event.channel)
        if (event.cursor !== undefined) this.positions.set(event.channel, event.cursor)
        return
      }
      case 'message': {
        const { channel, cursor, message } = event
        const { offset, key, deleted } = message
        const named = {
          ...(key !== undefined && { key }),
          ...(deleted && { deleted }),
          ...(token !== undefined && { token }),
        }
        const hash = intern(messageHash(message))
        add({ kind: 'received', reader, channel, transport: this.#transport, cursor, offset, hash, ...named })
        this.positions.set(channel, cursor)
        return
      }
      case 'gap':
      case 'snapshot-end':
        add({ ...event, reader })
        this.positions.set(event.channel, event.cursor)
        return
      case 'skipped':
        add({ ...event, reader })
        return
      case 'end':
        this.#end(event.channel, event.reason)
    }
  }

  #end(channel: string, reason: string): void {
    if (this.ended.has(channel)) return
    if (reason === 'closed') this.ended.add(channel)
    this.#recorder.add({ kind: 'ended', reader: this.plan.name, channel, reason })
  }

  #move(channel: string, cursor: Cursor): void {
    if (this.positions.get(channel) === cursor) return
    this.positions.set(channel, cursor)
    this.#recorder.add({ kind: 'moved', reader: this.plan.name, channel, cursor })
  }

  async #stall(signal: AbortSignal): Promise<void> {
    for (const { atMs, forMs } of this.plan.stalls) {
      if (!(await waitUntil(atMs, this.#recorder, signal))) return
      this.#recorder.add({ kind: 'fault', name: 'stalled', where: this.plan.name, on: true })
      this.#follower.pause()
      await waitUntil(atMs + forMs, this.#recorder, signal)
      this.#follower.resume()
      this.#recorder.add({ kind: 'fault', name: 'stalled', where: this.plan.name, on: false })
    }
  }

  async #flip(signal: AbortSignal): Promise<void> {
    for (const { atMs, transport } of this.plan.flips) {
      if (!(await waitUntil(atMs, this.#recorder, signal)) || this.isOver) return
      const switched = this.#follower.switchTo(transport).then(() => true)
      const isDone = await Promise.race([switched, delay(switchMs, false)])
      if (!isDone && !this.isOver) this.#moveTo(transport, `by ${transport}`)
    }
  }

  /** Leaves without a word and begins anew with the cursor, as another process would. */
  #moveTo(transport: TransportName, how: string): void {
    const left = this.#follower
    this.#recorder.add({ kind: 'left', reader: this.plan.name, why: `to begin anew ${how}` })
    this.#follower = this.#follow(transport)
    left.close()
  }
}

const interned = new Map<string, string>()

/** One copy of a text that many readers are told. */
function intern(text: string): string {
  const known = interned.get(text)
  if (known !== undefined) return known
  interned.set(text, text)
  return text
}

/** Who a reader that is known says it is. */
export function identityOf(name: string): string {
  return name.replaceAll(' ', '-')
}

/** Waits until the history is so old; `false` if it was called off. */
export async function waitUntil(atMs: number, recorder: Recorder, signal: AbortSignal): Promise<boolean> {
  try {
    await delay(Math.max(0, atMs - recorder.now()), undefined, { signal })
    return true
  } catch {
    return false
  }
}

/** Starts a reader, which begins at once: at `cursor`, or where the server lets one begin that has none. */
export function startReader(
  plan: ReaderPlan,
  origin: string,
  recorder: Recorder,
  cursor?: string,
): PlannedReader {
  return new FollowingReader(plan, origin, recorder, cursor)
}
