import type { Message } from '@gamut/client'
import { type ReadingOptions, useReading } from './use-reading.js'

const none: ReadonlyMap<string, Message> = new Map()

/** The newest message of each key of a keyed channel; another map when something changes. */
export function useKeyed<Data = unknown>(
  name: string,
  options: ReadingOptions<Data> = {},
): ReadonlyMap<string, Message<Data>> {
  return useReading(name, options, { keep: 1, isKeyed: true }, ({ keys }) => keys ?? none) as ReadonlyMap<
    string,
    Message<Data>
  >
}
