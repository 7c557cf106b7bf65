import type { Message } from '@gamut/client'
import { type ReadingOptions, useReading } from './use-reading.js'

/** How `useLatest` reads. */
export interface UseLatestOptions<Data = unknown> extends ReadingOptions<Data> {
  /** The newest message of this key, of a keyed channel; `undefined` while there is none. */
  readonly key?: string | undefined
}

/** The newest message of a channel, or of one of its keys: renders when that is another one. */
export function useLatest<Data = unknown>(
  name: string,
  { key, ...options }: UseLatestOptions<Data> = {},
): Message<Data> | undefined {
  return useReading(name, options, { keep: 1, isKeyed: key !== undefined }, ({ messages, keys }) =>
    key === undefined ? messages.at(-1) : keys?.get(key),
  ) as Message<Data> | undefined
}
