import { type Awaitable, isLater } from '../awaitable.js'
import type { Broker } from '../broker/broker.js'
import type { Clock } from '../clock.js'
import type { Tally } from '../telemetry/tally.js'

/** The same broker, whose calls are timed and whose failures are counted. */
export function meterBroker(broker: Broker, tally: Tally, clock: Clock): Broker {
  function meter<Result>(operation: string, call: () => Awaitable<Result>): Awaitable<Result> {
    const startedAt = clock.elapsed()
    const done = () => tally.observe('gamut_broker_seconds', clock.elapsed() - startedAt, operation)
    const failed = () => {
      done()
      tally.count('gamut_broker_errors_total', operation)
    }
    try {
      const calling = call()
      if (!isLater(calling)) {
        done()
        return calling
      }
      // A promise of our own kind: one of another may do its work anew for whoever asks.
      const answer = Promise.resolve(calling)
      // Beside the caller and not before it: its answer waits for no count.
      answer.then(done, failed)
      return answer
    } catch (error) {
      failed()
      throw error
    }
  }
  return {
    start: (listener, settings) => broker.start(listener, settings),
    append: (channel, messages, options) => meter('append', () => broker.append(channel, messages, options)),
    read: (channel, from, limit) => meter('read', () => broker.read(channel, from, limit)),
    heads: (channels) => meter('heads', () => broker.heads(channels)),
    watch: async (channels) => meter('watch', () => broker.watch(channels)),
    unwatch: (channels) => broker.unwatch(channels),
    close: () => broker.close(),
  }
}
