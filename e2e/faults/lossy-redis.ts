import { setTimeout as delay } from 'node:timers/promises'
import { type RunningRedis, startRedis } from '../support/redis.js'
import { openRelay, type Relay } from '../support/relay.js'
import { until } from '../support/until.js'
import { channelNames } from './channels.js'
import type { Recorder } from './recorder.js'
import { type RedisFault, type SharedRedis, send, sufferHarmless } from './redis-faults.js'
import { deleteParts, flushAll, noteLoss, openTap, type RedisTap } from './redis-tap.js'

/** A Redis, and what it announces. */
interface Tapped extends RunningRedis {
  readonly tap: RedisTap
}

/** Nobody listens there. */
const nobody = 1
const all = 'mskzij'
const logAlone = 's'

/** A master and its replica that keep nothing on disk, behind an address that leads to whoever is the master. */
class LossyPair implements SharedRedis {
  readonly #recorder: Recorder
  readonly #relay: Relay
  #master: Tapped
  #replica: Tapped

  constructor(recorder: Recorder, relay: Relay, master: Tapped, replica: Tapped) {
    this.#recorder = recorder
    this.#relay = relay
    this.#master = master
    this.#replica = replica
    master.tap.live = true
  }

  get port(): number {
    return this.#relay.port
  }

  async suffer(what: RedisFault, forMs: number, which: number): Promise<void> {
    switch (what) {
      case 'redis failover':
        return this.#failOver(forMs)
      case 'redis flushall':
        return flushAll(this.#master)
      case 'redis restart empty':
        return this.#restartEmpty(forMs)
      case 'redis delete channel':
        return this.#delete(which, all)
      case 'redis delete log':
        return this.#delete(which, logAlone)
      default:
        return sufferHarmless(this.#master, what, forMs)
    }
  }

  /** The replica gets nothing for a while, and takes over without it. */
  async #failOver(forMs: number): Promise<void> {
    const [old, next] = [this.#master, this.#replica]
    // A replica that was merely stopped would still find all in its kernel's buffer.
    await send(next, ['REPLICAOF', 'NO', 'ONE'])
    await delay(forMs)
    await this.#leave()
    await next.tap.drain()
    noteLoss(this.#recorder, next.tap.heads)
    this.#begin(next)
    await old.stop('SIGKILL')
    this.#replica = await startReplica(next, this.#recorder)
  }

  async #restartEmpty(forMs: number): Promise<void> {
    const [old, oldReplica] = [this.#master, this.#replica]
    await this.#leave()
    noteLoss(this.#recorder, new Map())
    await Promise.all([old.stop('SIGKILL'), oldReplica.stop('SIGKILL'), delay(forMs)])
    const next = await startTapped(this.#recorder)
    this.#replica = await startReplica(next, this.#recorder)
    this.#begin(next)
  }

  /** Cuts nodes off for good: what they had sent is written, and was heard. */
  async #leave(): Promise<void> {
    const { tap, port } = this.#master
    this.#relay.lead(nobody)
    const list = ['CLIENT', 'LIST', 'TYPE', 'normal']
    // Who asks is one of them.
    await until(
      async () =>
        String(await send({ port }, list))
          .trim()
          .split('\n').length === 1,
    )
    await tap.drain()
    tap.live = false
  }

  #begin(next: Tapped): void {
    this.#master = next
    next.tap.live = true
    this.#relay.lead(next.port)
  }

  async #delete(which: number, parts: string): Promise<void> {
    const channels = channelNames.filter((name) => name !== 'volatile' || parts !== logAlone)
    const key = this.#master.tap.keyOf(channels[which % channels.length] ?? '')
    if (key !== undefined) await deleteParts(this.#master, key, parts)
  }
}

async function startTapped(recorder: Recorder, args: readonly string[] = []): Promise<Tapped> {
  const redis = await startRedis(args)
  return { ...redis, tap: await openTap(redis, recorder) }
}

/** Starts a replica and waits until it has all. */
async function startReplica(master: Tapped, recorder: Recorder): Promise<Tapped> {
  const replica = await startTapped(recorder, ['--replicaof', '127.0.0.1', `${master.port}`])
  await until(async () =>
    String(await send(replica, ['INFO', 'replication'])).includes('master_link_status:up'),
  )
  await replica.tap.follow(master)
  return replica
}

/** Starts a pair that loses what was acknowledged, and has what it writes and loses written down. */
export async function startLossyRedis(recorder: Recorder): Promise<SharedRedis> {
  const master = await startTapped(recorder)
  const replica = await startReplica(master, recorder)
  const relay = await openRelay(master.port)
  noteLoss(recorder, new Map())
  return new LossyPair(recorder, relay, master, replica)
}
