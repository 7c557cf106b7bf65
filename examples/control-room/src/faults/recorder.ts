import type { ChannelOptions, Gamut, Message } from '@gamut/client'

/** As many are kept of a channel: more than any widget shows. */
const most = 2000

/** What a page was told of a channel since it began, or since messages were said to be missing. */
export class Held {
  messages: Message[] = []
  /** Of a keyed channel: the newest of each key. */
  readonly keys = new Map<string, Message>()
  /** Why what was before is missing, if it is. */
  gap: string | undefined

  take(message: Message): void {
    this.messages.push(message)
    if (this.messages.length > most) this.messages.shift()
    if (message.deleted) this.keys.delete(message.key ?? '')
    else this.keys.set(message.key ?? '', message)
  }

  /** These stand in the place of all before, or nothing does. */
  begin(messages: readonly Message[], gap?: string): void {
    this.messages = []
    this.keys.clear()
    this.gap = gap
    for (const message of messages) this.take(message)
  }
}

/** All that a client's channels were told, by their names. */
export type Records = Map<string, Held>

/** A client that notes what its subscribers are told, as they are told it. */
export function recorded(gamut: Gamut, records: Records): Gamut {
  const channel = (name: string, options?: ChannelOptions) => {
    const own = gamut.channel<never>(name, options)
    const subscribe: typeof own.subscribe = (listener, rest = {}) => {
      const held = records.get(name) ?? new Held()
      records.set(name, held)
      if (!options?.cursor) held.begin([])
      return own.subscribe(
        (message, info) => {
          held.take(message)
          listener(message, info)
        },
        {
          ...rest,
          onSnapshot: (messages) => {
            held.begin(messages)
            rest.onSnapshot?.(messages)
          },
          onGap: (gap) => {
            held.begin([], gap.reason)
            rest.onGap?.(gap)
          },
        },
      )
    }
    return Object.create(own, { subscribe: { value: subscribe } })
  }
  return Object.create(gamut, { channel: { value: channel } })
}
