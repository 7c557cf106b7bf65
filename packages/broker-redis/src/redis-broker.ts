import type { ChannelName } from '@gamut/protocol'
import {
  type AppendMessage,
  type AppendOptions,
  type AppendResult,
  type Broker,
  type BrokerListener,
  BrokerUnavailable,
  type Head,
  type LogSettings,
  type ReadFrom,
  type ReadLimit,
  type ReadResult,
} from '@gamut/server'
import { decodeAnnouncement } from './announcement.js'
import { decodeResult, type PendingAppend, pushAppend } from './append-call.js'
import { AppendQueue } from './append-queue.js'
import { settingArgs } from './codec.js'
import type { Keys } from './keys.js'
import type { Link, LinkListener } from './link.js'
import { Probe } from './probe.js'
import { randomText } from './random-text.js'
import { decodeEnds, decodePage, readArgs } from './read-answer.js'
import { type Script, scripts } from './scripts/script.js'
import { toTrouble, toUnavailable } from './trouble.js'
import { type End, Watched } from './watched.js'

/** Appends that may wait for Redis before one more is refused: some seconds of a busy one. */
const mostWaiting = 50_000
/** So many channels' heads are told by one run of the script. */
const headsAtOnce = 50
const noConnection = 'There is no connection to Redis just now.'

type Heads = ReadonlyMap<ChannelName, Head>

/** A broker whose logs are in Redis. */
export class RedisBroker implements Broker, LinkListener {
  readonly #keys: Keys
  readonly #link: Link
  readonly #queues = new Map<ChannelName, AppendQueue>()
  /** Looks at heads that begin when this turn ends. */
  readonly #looks = new Map<string, Promise<Heads>>()
  #waiting = 0
  readonly #watched = new Watched({
    ends: (channels) => this.#ends(channels),
    keyAge: (channel) => this.#settings?.(channel).keyed?.ageMs ?? Number.POSITIVE_INFINITY,
    onBatch: (batch) => this.#listener?.onBatch(batch),
    now: () => performance.now(),
  })
  readonly #node = randomText()
  readonly #probe = new Probe({
    topics: () => this.#probes(),
    beat: (topic, text) => this.#link.run(scripts.probe, [topic], [this.#link.command, text]),
    onInterrupted: (reason) => this.#listener?.onInterrupted(reason),
    onRestored: () => this.#listener?.onRestored(),
    renew: () => this.#link.renew(),
    now: () => performance.now(),
  })
  /** Where probes are known to come back from. */
  readonly #probed = new Set<string>()
  /** Why there is no connection while there is none: Redis may have refused it. */
  #offline = noConnection
  #listener: BrokerListener | undefined
  #settings: ((channel: ChannelName) => LogSettings) | undefined

  constructor(keys: Keys, link: (listener: LinkListener) => Link) {
    this.#keys = keys
    this.#link = link(this)
  }

  async start(listener: BrokerListener, settings: (channel: ChannelName) => LogSettings): Promise<void> {
    this.#listener = listener
    this.#settings = settings
    try {
      await this.#link.open()
      await this.#addProbes(this.#link.samples())
    } catch (error) {
      throw toUnavailable(error)
    }
    this.#probe.start()
  }

  append(
    channel: ChannelName,
    messages: readonly AppendMessage[],
    options: AppendOptions,
  ): Promise<AppendResult> {
    if (this.#waiting >= mostWaiting) throw new BrokerUnavailable('As many publishes wait for Redis as may.')
    let queue = this.#queues.get(channel)
    if (!queue) {
      queue = new AppendQueue(
        (appends) => this.#store(channel, appends),
        () => this.#queues.delete(channel),
      )
      this.#queues.set(channel, queue)
    }
    this.#waiting += 1
    return queue.add(messages, options).finally(() => {
      this.#waiting -= 1
    })
  }

  async read(channel: ChannelName, from: ReadFrom, limit: ReadLimit): Promise<ReadResult> {
    const bucket = this.#keys.bucketOf(channel)
    for (;;) {
      const args = [...this.#head(), ...this.#settingArgs(channel), ...readArgs(from, limit)]
      const reply = await this.#run(scripts.read, bucket, [channel], args)
      if (decodeEnds(reply).due !== 0) return decodePage(reply)
    }
  }

  /** Polls of one channel that come in one turn share one look: it begins when all of them have come. */
  heads(channels: readonly ChannelName[]): Promise<Heads> {
    const key = channels.join(' ')
    const known = this.#looks.get(key)
    if (known !== undefined) return known
    const look = this.#look(channels, key)
    this.#looks.set(key, look)
    return look
  }

  async #look(channels: readonly ChannelName[], key: string): Promise<Heads> {
    await new Promise(setImmediate)
    this.#looks.delete(key)
    const ends = await this.#ends(channels)
    return new Map(Array.from(ends, ([channel, { head }]) => [channel, head]))
  }

  async watch(channels: readonly ChannelName[]): Promise<void> {
    const added = this.#watched.add(channels)
    try {
      if (added.length > 0) await this.#link.subscribe(this.#topics(added))
    } catch (error) {
      this.unwatch(added)
      throw toUnavailable(error)
    }
  }

  unwatch(channels: readonly ChannelName[]): void {
    const left = this.#watched.delete(channels)
    if (left.length > 0) this.#link.unsubscribe(this.#topics(left))
  }

  async close(): Promise<void> {
    this.#listener = undefined
    this.#settings = undefined
    this.#probe.stop()
    // The application's own client lives on.
    this.#link.unsubscribe([...this.#topics(this.#watched.clear()), ...this.#probed])
    await this.#link.close()
  }

  onAnnouncement(topic: string, text: string): void {
    if (this.#keys.isProbe(topic)) {
      this.#probe.onEcho(topic, text)
      return
    }
    const channel = this.#keys.nameOf(topic)
    const batch = this.#watched.has(channel) && decodeAnnouncement(channel, text)
    if (batch) this.#watched.announce(batch)
  }

  onTrouble(error: unknown): void {
    const trouble = toTrouble(error)
    this.#offline = trouble instanceof BrokerUnavailable ? trouble.message : noConnection
    this.#probe.trouble(error)
  }

  #topics(channels: readonly ChannelName[]): readonly string[] {
    return channels.map((channel) => this.#keys.topic(channel, this.#link.scope))
  }

  /** A failover may have made another sample of the same Redis: it counts once it is subscribed to. */
  #probes(): readonly string[] {
    const samples = this.#link.samples()
    const topics = samples.map((bucket) => this.#keys.probe(bucket, this.#node))
    if (topics.some((topic) => !this.#probed.has(topic))) this.#addProbes(samples).catch(() => {})
    return topics.filter((topic) => this.#probed.has(topic))
  }

  async #addProbes(samples: readonly number[]): Promise<void> {
    const topics = samples.map((bucket) => this.#keys.probe(bucket, this.#node))
    await this.#link.subscribe(topics.filter((topic) => !this.#probed.has(topic)))
    for (const topic of topics) this.#probed.add(topic)
  }

  async #store(channel: ChannelName, appends: readonly PendingAppend[]): Promise<readonly AppendResult[]> {
    const args = [...this.#head(), ...this.#settingArgs(channel), String(appends.length)]
    for (const append of appends) pushAppend(args, append)
    const reply = await this.#run(scripts.append, this.#keys.bucketOf(channel), [channel], args)
    return (reply as readonly string[]).map(decodeResult)
  }

  async #ends(channels: readonly ChannelName[]): Promise<ReadonlyMap<ChannelName, End>> {
    const ends = new Map<ChannelName, End>()
    let left = channels
    while (left.length > 0) {
      const again: ChannelName[] = []
      const look = async ([bucket, portion]: readonly [number, readonly ChannelName[]]) => {
        for (const [index, end] of (await this.#headsOf(bucket, portion)).entries()) {
          const channel = portion[index]
          if (channel !== undefined && end.due === 0) again.push(channel)
          else if (channel !== undefined) ends.set(channel, end)
        }
      }
      await Promise.all(this.#portions(left).map(look))
      left = again
    }
    return ends
  }

  async #headsOf(bucket: number, channels: readonly ChannelName[]) {
    const args = this.#head()
    for (const channel of channels) args.push(...this.#settingArgs(channel))
    const reply = await this.#run(scripts.heads, bucket, channels, args)
    return (reply as readonly unknown[]).map(decodeEnds)
  }

  /** Channels of one bucket together, some at a time. */
  #portions(channels: readonly ChannelName[]): (readonly [number, ChannelName[]])[] {
    const full: [number, ChannelName[]][] = []
    const open = new Map<number, ChannelName[]>()
    for (const channel of channels) {
      const bucket = this.#keys.bucketOf(channel)
      let portion = open.get(bucket)
      if (!portion || portion.length >= headsAtOnce) {
        portion = []
        open.set(bucket, portion)
        full.push([bucket, portion])
      }
      portion.push(channel)
    }
    return full
  }

  #head(): string[] {
    return [randomText(), this.#link.command, this.#link.scope]
  }

  #settingArgs(channel: ChannelName): string[] {
    if (!this.#settings) throw new BrokerUnavailable('The Redis broker is not started, or closed.')
    return settingArgs(this.#settings(channel))
  }

  async #run(
    script: Script,
    bucket: number,
    channels: readonly ChannelName[],
    args: readonly string[],
  ): Promise<unknown> {
    const refusal = this.#link.isReady ? this.#refusal(bucket) : this.#offline
    if (refusal !== undefined) throw new BrokerUnavailable(refusal)
    try {
      const keys = channels.map((channel) => this.#keys.channel(channel))
      return await this.#link.run(script, [this.#keys.bucket(bucket), ...keys], args)
    } catch (error) {
      throw script === scripts.append ? toTrouble(error) : toUnavailable(error)
    }
  }

  #refusal(bucket: number): string | undefined {
    if (!this.#probe.refuses) return undefined
    return this.#probe.refusal(this.#keys.probe(this.#link.sampleOf(bucket), this.#node))
  }
}
