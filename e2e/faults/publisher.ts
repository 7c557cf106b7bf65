import { setTimeout as delay } from 'node:timers/promises'
import { drawOperation, type Operation, plannedOf } from './operation.js'
import type { PublisherPlan } from './plan.js'
import { publishByHttp, type Tried } from './publish-by-http.js'
import { createSocketLine } from './publish-by-socket.js'
import type { Random } from './random.js'
import type { Recorder } from './recorder.js'

/** One who publishes, and tries each publish with the same key until its outcome is known. */
export interface Publisher {
  /** Publishes one operation until it is acknowledged or has failed for good. */
  publish(operation: Operation): Promise<Tried>
  /** Publishes what the seed says, until `signal` is aborted; then ends what is under way. */
  work(signal: AbortSignal): Promise<void>
  close(): void
}

/** What a publisher works with. */
export interface PublisherParts {
  readonly plan: PublisherPlan
  readonly random: Random
  readonly origin: string
  readonly recorder: Recorder
}

/** One in so many is published again although it was acknowledged. */
const repeatedShare = 0.06
/** Of one publish, tries and all, after the last fault too. */
const giveUpMs = 120_000

/** Creates one, who begins nothing by itself. */
export function createPublisher({ plan, random, origin, recorder }: PublisherParts): Publisher {
  const line = plan.by === 'websocket' ? createSocketLine(() => origin, `desk/${plan.name}`) : undefined
  const once = (operation: Operation) => line?.publish(operation) ?? publishByHttp(origin, operation)

  async function attempt(operation: Operation): Promise<Tried> {
    const { name: publish, channel } = operation
    const tried = await once(operation)
    recorder.add({ ...tried, publish, channel })
    return tried
  }

  async function publish(operation: Operation): Promise<Tried> {
    const { name, channel, close } = operation
    const messages = plannedOf(operation)
    recorder.add({ kind: 'invoked', publish: name, channel, messages, ...(close && { close }) })
    const endAt = recorder.now() + giveUpMs
    for (let waitMs = 50; ; waitMs = Math.min(1000, waitMs * 2)) {
      const tried = await attempt(operation)
      if (tried.kind === 'acknowledged' || tried.kind === 'failed') return tried
      if (recorder.now() > endAt) {
        recorder.add({
          kind: 'failed',
          publish: name,
          channel,
          why: `no answer in ${giveUpMs} ms: ${tried.why}`,
        })
        return tried
      }
      await delay(waitMs * (0.5 + random.next()))
    }
  }

  async function work(signal: AbortSignal): Promise<void> {
    const under = new Set<Promise<unknown>>()
    for (let count = 0; !signal.aborted; count += 1) {
      const operation = drawOperation(random, `${plan.name}-${count}`, plan.by === 'http' ? 5 : 1)
      const isRepeated = random.chance(repeatedShare)
      const one = publish(operation).then((tried) =>
        isRepeated && tried.kind === 'acknowledged' ? attempt(operation) : undefined,
      )
      under.add(one)
      void one.finally(() => under.delete(one))
      if (under.size >= plan.atOnce) await Promise.race(under)
      await delay(random.between(0, 2 * plan.everyMs))
    }
    await Promise.all(under)
  }

  return { publish, work, close: () => line?.close() }
}
