import type { ChannelOptions, Gamut, Message } from '@gamut/client'
import type { ChannelState } from './channel-state.js'

/** What is done with what comes: news, then messages. If it is `fresh`, it stands in place of all that came before. */
export type Take = (news: Partial<ChannelState>, messages?: readonly Message[], isFresh?: boolean) => void

/** A reading of a channel in one way. */
export interface Reading {
  /** Where it is, as far as it is known. */
  readonly cursor: string
  stop(): void
}

/** Reads a channel from a cursor on; without one, what comes first is fresh. */
export function startReading(
  gamut: Gamut,
  name: string,
  options: ChannelOptions,
  cursor: string,
  tell: Take,
): Reading {
  let isFresh = !cursor
  const take = (after: string, news: Partial<ChannelState>, messages?: readonly Message[]) => {
    reading.cursor = after
    tell(news, messages, isFresh)
    isFresh = false
  }
  const reading = { cursor, stop: () => {} }
  reading.stop = gamut
    .channel<unknown>(name, { ...options, ...(cursor && { cursor }) })
    .subscribe((message, info) => take(info.cursor, {}, [message]), {
      onSnapshot: (messages) => {
        isFresh = true
        take('', { keys: new Map() }, messages)
      },
      onGap: (gap) => take(gap.cursor, { gap }),
      onEnd: (end) => tell({ end }),
      onError: (error) => tell({ error }),
    })
  return reading
}
