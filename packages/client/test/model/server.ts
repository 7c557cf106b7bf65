import type { TransportName } from '@gamut/protocol'
import type { VirtualClock } from '@gamut/testing'
import { ModelLog, type Stored } from './log.js'

/** What is wrong with everything that is asked for from now on. */
export type Trouble = 'away' | 'mute' | 'sockets' | 'captive' | 'busy' | 'streams'

/** Few, so that answers have more to come and streams several batches. */
const batchSize = 3
const heartbeatMs = 15_000

type Frame = Readonly<Record<string, unknown>> & { readonly type: string }

/** A held reader: where each of its channels is, and how it is told. */
interface Reader {
  readonly transport: TransportName
  readonly lanes: Map<string, string>
  tell(frame: Frame): void
  cut(): void
  isMute: boolean
}

/** A message as it travels (PROTOCOL §15). */
const toMessage = ({ offset, tag, time, data }: Stored) => ({ offset, tag, time, data })

/** A server in memory that keeps the protocol, and a network that keeps nothing else than its order. */
export class ModelServer {
  readonly #clock: VirtualClock
  readonly #logs = new Map<string, ModelLog>()
  readonly #readers = new Set<Reader>()
  readonly #waiting = new Set<() => void>()
  readonly troubles = new Set<Trouble>()
  /** The next body of a poll breaks off in the middle. */
  isTruncating = false

  constructor(clock: VirtualClock) {
    this.#clock = clock
  }

  log(channel: string): ModelLog {
    const log = this.#logs.get(channel) ?? new ModelLog()
    this.#logs.set(channel, log)
    return log
  }

  get now(): number {
    return this.#clock.now()
  }

  after(ms: number, call: () => void): () => void {
    return this.#clock.after(ms, call)
  }

  /** Something has happened to a log: readers are told what follows where they are. */
  pump(): void {
    for (const wake of [...this.#waiting]) wake()
    for (const reader of this.#readers)
      for (const channel of reader.lanes.keys()) this.#bring(reader, channel)
  }

  /** Every connection breaks off. */
  cut(): void {
    for (const reader of [...this.#readers]) reader.cut()
  }

  /** Every connection falls silent and stays open. */
  silence(): void {
    for (const reader of this.#readers) reader.isMute = true
  }

  /** Every held reader is told to come back (PROTOCOL §10). */
  drain(afterMs: number): void {
    for (const reader of [...this.#readers]) {
      this.#tell(reader, { type: 'reconnect', afterMs })
      reader.cut()
    }
  }

  /** What has been sent comes again, with one entry more at its front (PROTOCOL §8, 2 and 3), where frames say what they follow. */
  repeat(): void {
    for (const reader of this.#readers) {
      if (reader.transport === 'sse') continue
      for (const [channel, cursor] of reader.lanes) {
        const log = this.log(channel)
        const { outcome, index } = log.place(cursor)
        if (outcome === 'resumed')
          this.#batch(reader, channel, Math.max(0, index - 2), Math.min(index + 1, log.entries.length))
      }
    }
  }

  /** What is new is lost on its way, where frames say what they follow (PROTOCOL §8, 4). */
  lose(channel: string): void {
    const log = this.log(channel)
    for (const { transport, lanes } of this.#readers)
      if (transport !== 'sse' && lanes.has(channel)) lanes.set(channel, log.cursorAt(log.entries.length))
  }

  /** Joins a reader and tells its opening. */
  join(reader: Reader, cursors: ReadonlyMap<string, string>): () => void {
    this.#readers.add(reader)
    const beat = () => {
      this.#tell(reader, { type: 'heartbeat' })
      cancel = this.#clock.after(heartbeatMs, beat)
    }
    let cancel = this.#clock.after(heartbeatMs, beat)
    for (const [channel, cursor] of cursors) this.open(reader, channel, cursor)
    return () => {
      cancel()
      this.#readers.delete(reader)
    }
  }

  open(reader: Reader, channel: string, asked: string): void {
    const { after, ...opening } = this.opening(channel, asked)
    this.#tell(reader, { type: 'open', ...opening, cursor: after })
    reader.lanes.set(channel, after)
    this.#bring(reader, channel)
  }

  /** What became of a position, and where reading goes on. */
  opening(channel: string, asked: string) {
    const log = this.log(channel)
    const { outcome, reason, index } = log.place(asked)
    const after = log.cursorAt(index)
    return { channel, outcome, after, ...(reason && { gap: { reason, after: asked, cursor: after } }) }
  }

  /** A poll's answer for one channel (PROTOCOL §15). */
  answer(channel: string, asked: string) {
    const log = this.log(channel)
    const { after, ...opening } = this.opening(channel, asked)
    const { index } = log.place(after)
    const end = Math.min(index + batchSize, log.entries.length)
    const messages = log.entries.slice(index, end).map(toMessage)
    return { ...opening, messages, cursor: log.cursorAt(end), more: end < log.entries.length, closed: false }
  }

  /** Calls once something happens or the time is over. */
  wait(ms: number, call: () => void): void {
    const wake = () => {
      cancel()
      this.#waiting.delete(wake)
      call()
    }
    const cancel = this.#clock.after(ms, wake)
    this.#waiting.add(wake)
  }

  #tell(reader: Reader, frame: Frame): void {
    if (!reader.isMute) reader.tell(frame)
  }

  #batch(reader: Reader, channel: string, from: number, to: number): void {
    const log = this.log(channel)
    const messages = log.entries.slice(from, to).map(toMessage)
    const [after, cursor] = [log.cursorAt(from), log.cursorAt(to)]
    this.#tell(reader, { type: 'batch', channel, after, cursor, messages })
    reader.lanes.set(channel, cursor)
  }

  #bring(reader: Reader, channel: string): void {
    const log = this.log(channel)
    const asked = reader.lanes.get(channel) ?? ''
    const { index, reason } = log.place(asked)
    if (reason) {
      reader.lanes.set(channel, log.cursorAt(index))
      this.#tell(reader, { type: 'gap', channel, reason, after: asked, cursor: log.cursorAt(index) })
    }
    for (let from = index; from < log.entries.length; from += batchSize)
      this.#batch(reader, channel, from, Math.min(from + batchSize, log.entries.length))
  }
}

export type { Frame, Reader }
