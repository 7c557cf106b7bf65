import type { Channel, Invalid, Message, MessageInfo } from '@gamut/client'
import type { EndReason, Gap } from '@gamut/protocol'

/** What a reader was told, in order. */
export type Told =
  | { readonly kind: 'message'; readonly message: Message; readonly info: MessageInfo }
  /** Its data did not fit the channel's definition. */
  | { readonly kind: 'invalid'; readonly invalid: Invalid }
  | { readonly kind: 'snapshot'; readonly messages: readonly Message[] }
  | { readonly kind: 'gap'; readonly gap: Gap }
  | { readonly kind: 'end'; readonly reason: EndReason }
  | { readonly kind: 'error'; readonly code: string }

/** A reader that keeps all that it was told. */
export interface Collected {
  readonly channel: string
  readonly told: readonly Told[]
  /** What the messages said. */
  readonly data: readonly unknown[]
  /** What it was told besides messages, in words: `gap expired`, `snapshot`, `invalid #7`, `end closed`, `error forbidden`. */
  readonly events: readonly string[]
  readonly isStopped: boolean
  stop(): void
}

function wordsOf(told: Told): string[] {
  if (told.kind === 'gap') return [`gap ${told.gap.reason}`]
  if (told.kind === 'invalid') return [`invalid #${told.invalid.message.offset}`]
  if (told.kind === 'end') return [`end ${told.reason}`]
  if (told.kind === 'error') return [`error ${told.code}`]
  return told.kind === 'snapshot' ? ['snapshot'] : []
}

/** Subscribes to a channel and keeps what comes, for `check` and for a test to look at. */
export function collect<T>(channel: Channel<T>): Collected {
  const told: Told[] = []
  let isStopped = false
  const stop = channel.subscribe(
    (message, info) => void told.push({ kind: 'message', message: message as Message, info }),
    {
      onInvalid: (invalid) => void told.push({ kind: 'invalid', invalid }),
      onGap: (gap) => void told.push({ kind: 'gap', gap }),
      onSnapshot: (messages) =>
        void told.push({ kind: 'snapshot', messages: messages as readonly Message[] }),
      onEnd: (reason) => void told.push({ kind: 'end', reason }),
      onError: ({ code }) => void told.push({ kind: 'error', code }),
    },
  )
  return {
    channel: channel.name,
    told,
    get data() {
      return told.flatMap((one) => {
        if (one.kind === 'message') return [one.message.data]
        return one.kind === 'snapshot' ? one.messages.map(({ data: shown }) => shown) : []
      })
    },
    get events() {
      return told.flatMap(wordsOf)
    },
    get isStopped() {
      return isStopped
    },
    stop: () => {
      isStopped = true
      stop()
    },
  }
}
