import type { Channel, GamutError, Published, PublishOptions } from '@gamut/client'
import { useMemo, useState } from 'react'
import { useGamut } from './gamut-context.js'

/** How the publishes to one channel go. */
interface Course {
  readonly of?: unknown
  readonly pending: number
  readonly error?: GamutError | undefined
}

const atRest: Course = { pending: 0 }

/** What `usePublish` gives. */
export interface Publishing<Data = unknown> {
  /**
   * Publishes as `channel.publish` does; the same function as long as the channel is. Whoever does not await it sees a
   * failure in `error`, and nothing is reported as uncaught.
   */
  readonly publish: (data: Data, options?: PublishOptions) => Promise<Published>
  /** Removes a key, of a keyed channel. */
  readonly remove: (key: string, options?: Omit<PublishOptions, 'key'>) => Promise<Published>
  /** Whether one is not answered yet. */
  readonly isPending: boolean
  /** Why the last one was not stored; gone with the next one. */
  readonly error: GamutError | undefined
}

/** Publishes to a channel, which needs not be read for that. */
export function usePublish<Data = unknown>(name: string): Publishing<Data> {
  const gamut = useGamut()
  const [course, setCourse] = useState(atRest)
  const functions = useMemo(() => {
    const channel: Channel<Data> = gamut.channel<Data>(name)
    const of = {}
    const note = (by: number, error?: GamutError) =>
      setCourse((course) => {
        if (course.of === of) return { of, pending: course.pending + by, error }
        // Of a channel that is not published to any more nothing is told.
        return by > 0 ? { of, pending: by } : course
      })
    const follow = (sent: Promise<Published>): Promise<Published> => {
      note(1)
      sent.then(
        () => note(-1),
        (error) => note(-1, error),
      )
      return sent
    }
    return {
      of,
      publish: (data: Data, options?: PublishOptions) => follow(channel.publish(data, options)),
      remove: (key: string, options?: Omit<PublishOptions, 'key'>) => follow(channel.remove(key, options)),
    }
  }, [gamut, name])
  const { pending, error } = course.of === functions.of ? course : atRest
  return { publish: functions.publish, remove: functions.remove, isPending: pending > 0, error }
}
