import type { ChannelOptions, History } from '@gamut/client'
import { useMemo, useSyncExternalStore } from 'react'
import { type ChannelState, emptyState } from './channel-state.js'
import { join, peek, type Reader } from './channel-store.js'
import { useGamut } from './gamut-context.js'

/** How a component reads a channel. Compared by value, so it may be written in place. */
export interface ReadingOptions<Data = unknown> extends ChannelOptions {
  /**
   * What is shown at first, on a server too: of `channel.history()`. Reading goes on from its cursor, without gap or
   * repeat. It counts for the first component that reads a channel.
   */
  readonly initial?: Pick<History<Data>, 'messages' | 'cursor'> | undefined
}

/** A part of what is shown of a channel: renders when this part is another one, and for nothing else. */
export function useReading<Part>(
  name: string,
  { initial, ...options }: ReadingOptions,
  { keep, isKeyed }: Pick<Reader, 'keep' | 'isKeyed'>,
  select: (state: ChannelState) => Part,
): Part {
  const gamut = useGamut()
  const settings = JSON.stringify(options)
  const cursor = initial?.cursor ?? ''
  // biome-ignore lint/correctness/useExhaustiveDependencies: the cursor says which history it is
  const [seed, subscribe] = useMemo(() => {
    const seed = initial ? { messages: initial.messages } : emptyState
    return [
      seed,
      (notify: () => void) =>
        join(gamut, name, { options: JSON.parse(settings), keep, isKeyed, seed, cursor, notify }),
    ] as const
  }, [gamut, name, settings, keep, isKeyed, cursor])
  return useSyncExternalStore(
    subscribe,
    () => select(peek(gamut, name) ?? seed),
    () => select(seed),
  )
}
