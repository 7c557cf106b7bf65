import { useMemo } from 'react'
import type { ChannelState } from './channel-state.js'
import { type ReadingOptions, useReading } from './use-reading.js'

/** How `useChannel` reads and what it shows. */
export interface UseChannelOptions<Data = unknown> extends ReadingOptions<Data> {
  /** So many messages are kept, the newest ones; 100 if not said, and as many as `last` and `initial` have at least. */
  readonly keep?: number | undefined
}

/**
 * A channel's messages as they come, and what else is to be known of it. All components that read a channel share one
 * reading; the state is the same object until something changes.
 */
export function useChannel<Data = unknown>(
  name: string,
  { keep: said, ...options }: UseChannelOptions<Data> = {},
): ChannelState<Data> {
  const keep = said ?? Math.max(100, options.last ?? 0, options.initial?.messages.length ?? 0)
  const state = useReading(name, options, { keep, isKeyed: false }, (state) => state)
  return useMemo(() => {
    const { messages } = state
    return messages.length > keep ? { ...state, messages: messages.slice(-keep) } : state
  }, [state, keep]) as ChannelState<Data>
}
