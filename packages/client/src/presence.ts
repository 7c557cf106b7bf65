import { persist } from './attempts.js'
import type { Channel, OwnChannel } from './channel.js'
import { drawId } from './draw-id.js'
import { GamutError } from './error.js'
import { listen } from './late.js'
import { twoWay } from './publish.js'
import type { Message } from './subscription.js'
import { channelPath, request } from './transports/ask.js'

/** How often it is looked at least whether to say again who is here, in milliseconds. */
const lookMs = 5_000
/** And how often in a lease, if that is shorter: whoever has lost its connection has a third of one (PROTOCOL §11). */
const looksPerLease = 6
/** No more often than this, whatever a server says, in milliseconds. */
const leastLookMs = 100

/** Somebody who is there, by one device. */
export interface PresenceMember<State = unknown> {
  /** As the application's server knows it; `''` for nobody known. */
  readonly identity: string
  readonly device: string
  readonly state: State
}

/** How a client is there itself. */
export interface PresenceOptions<State = unknown> {
  /** Anything but `null` that JSON can hold. Without it the client only looks. */
  readonly state?: State | undefined
  /** The name of this device or tab among those of the identity, without `/`; one is drawn for the page if none is given. */
  readonly device?: string | undefined
}

/** Who is there on a channel, and whether this client is. */
export interface Presence<State = unknown> {
  /** Who is there, by identity and device: another map when that changes. It is kept while somebody listens. */
  readonly members: ReadonlyMap<string, PresenceMember<State>>
  /** Why nobody can be seen, or be there: `no_presence` of a server that does not serve it. Gone once that works. */
  readonly error: GamutError | undefined
  /** Tells when `members` or `error` have changed. Returns how to stop. */
  onChange(listener: (presence: Presence<State>) => void): () => void
  /** Is there from now on, in this state, until `leave`: after any fault it is said again. */
  set(state: State): void
  /** Is not there any more. */
  leave(): void
}

let pageDevice: string | undefined

/** What a refusal means here: a server of before presence does not know the frame, or the channel. */
function toError(error: GamutError): GamutError {
  if (!/^(frame_invalid|not_found)$/.test(error.code)) return error
  return new GamutError('no_presence', 'This server has no presence yet.', error.status, error)
}

class ChannelPresence<State> implements Presence<State> {
  members: ReadonlyMap<string, PresenceMember<State>> = new Map()
  error: GamutError | undefined
  readonly #channel: OwnChannel
  readonly #name: string
  readonly #listeners = new Set<() => void>()
  readonly #next = new Map<string, PresenceMember<State>>()
  #device: string | undefined
  #stop: (() => void) | undefined
  /** What is to be said; `null`: that it leaves. */
  #state: State | null | undefined
  /** The connection that keeps it there. */
  #toldBy: unknown
  #work = new AbortController()
  #isServed = false
  #lookMs = lookMs
  #isDue = false
  #isBusy = false
  #isChanged = false
  #cancel: (() => void) | undefined

  constructor(channel: OwnChannel, { state, device }: PresenceOptions<State>) {
    this.#channel = channel
    this.#name = `$presence/${channel.name}`
    this.#device = device
    if (state !== undefined) this.set(state)
  }

  onChange(listener: (presence: Presence<State>) => void): () => void {
    const own = () => listener(this)
    this.#listeners.add(own)
    this.#schedule()
    return () => {
      if (this.#listeners.delete(own)) this.#schedule()
    }
  }

  set(state: State | null): void {
    this.#state = state
    this.#toldBy = undefined
    this.#schedule()
  }

  leave(): void {
    if (this.#state !== undefined) this.set(null)
  }

  /** Looks once for all that happens in a turn, and at one thing after the other. */
  #schedule(): void {
    this.#isDue = true
    // Nothing is waited for that nobody wants any more.
    if (!this.#listeners.size && (this.#state ?? null) === null) this.#work.abort()
    if (!this.#isBusy) void this.#run()
  }

  async #run(): Promise<void> {
    this.#isBusy = true
    this.#cancel?.()
    let restMs: number | undefined
    await undefined
    while (this.#isDue) {
      this.#isDue = false
      this.#work = new AbortController()
      restMs = await this.#look().catch((error) => this.#fail(error))
    }
    this.#isBusy = false
    const { environment } = this.#channel.client
    if (restMs !== undefined) this.#cancel = environment.after(restMs, () => this.#schedule())
  }

  /** Makes it so as it is wanted. Gives when to look again. */
  async #look(): Promise<number | undefined> {
    if (!this.#listeners.size) {
      this.#stop?.()
      this.#stop = undefined
      this.#next.clear()
      this.members = new Map()
      if (this.#state === undefined) return undefined
    }
    if (!this.#isServed) await this.#persist((signal) => this.#ask(signal))
    this.#isServed = true
    if (this.#listeners.size) this.#stop ??= this.#read()
    if (this.#state === undefined) return undefined
    const restMs = await this.#persist((signal) => this.#tell(signal))
    if (this.error) this.#show(undefined)
    return this.#state === undefined ? undefined : restMs
  }

  /** Does something for as long as it only fails for a while. */
  #persist<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return persist(this.#channel.client, 1 / 0, work, this.#work.signal)
  }

  #fail(thrown: GamutError): undefined {
    if (/^(closed|aborted)$/.test(thrown.code)) return
    // Asked for again when somebody comes or sets a state.
    this.#isServed = this.#stop !== undefined
    if (!this.#isDue) this.#state = undefined
    this.#show(toError(thrown))
  }

  /** Whether there is presence: a server without it has a plain log of this name, or none. */
  async #ask(signal: AbortSignal): Promise<void> {
    const { server } = this.#channel.client
    const response = await request(server, `${channelPath(this.#name)}?info`, undefined, { signal })
    const { keyed, keyAgeMs } = await response.json()
    this.#lookMs = Math.min(lookMs, Math.max(leastLookMs, keyAgeMs / looksPerLease || lookMs))
    if (keyed !== true) throw { kind: 'refused', code: 'not_found', isFinal: true }
  }

  /** Reads who is there, as any keyed channel is read. */
  #read(): () => void {
    const take = ({ key = '', data, deleted }: Message) => {
      const end = key.lastIndexOf('/')
      const member = { identity: key.slice(0, end), device: key.slice(end + 1), state: data as State }
      const known = this.#next.get(key)
      // What is only said again is no news.
      if (known && !deleted && !this.error && JSON.stringify(known.state) === JSON.stringify(data)) return
      if (deleted) this.#next.delete(key)
      else this.#next.set(key, member)
      this.#show(undefined)
    }
    return listen(
      this.#channel.client,
      this.#name,
      {},
      {
        message: take,
        onSnapshot: (messages) => {
          this.#next.clear()
          messages.forEach(take)
          this.#show(undefined)
        },
        onEnd: (reason) => this.#show(new GamutError(reason === 'revoked' ? reason : 'channel_closed')),
        onError: (error) => this.#show(toError(error)),
      },
    )
  }

  /** Says that it is there: to a WebSocket by a frame, once for its life; else by a poll, each time. */
  async #tell(signal: AbortSignal): Promise<number> {
    const { client, name: channel } = this.#channel
    pageDevice ??= drawId()
    this.#device ??= pageDevice
    const device = this.#device
    const state = this.#state
    const link = twoWay(client)
    let restMs = this.#lookMs
    if (!link) {
      const said = { presence: device, state: JSON.stringify(state) }
      const query = new URLSearchParams({ as: 'poll', cursor: 'newest', ...said })
      const path = `${channelPath(channel)}?${query}`
      const response = await request(client.server, path, undefined, { signal })
      restMs = Math.max(restMs, (await response.json()).pollAfterMs || 0)
    } else if (this.#toldBy !== link) await link.tell?.({ type: 'presence', channel, device, state })
    if (this.#state !== state) return 0
    this.#toldBy = link
    if (state === null) this.#state = undefined
    return restMs
  }

  /** Shows what has come, once for all of a turn. */
  #show(error: GamutError | undefined): void {
    this.error = error
    if (this.#isChanged) return
    this.#isChanged = true
    queueMicrotask(() => {
      this.#isChanged = false
      this.members = new Map(this.#next)
      for (const listener of [...this.#listeners])
        if (this.#listeners.has(listener)) this.#channel.client.guard(listener)
    })
  }
}

/**
 * Who is there on a channel of `connect()` (PROTOCOL §11), and this client among them if it gives a state. Nothing is
 * read before somebody listens.
 */
export function presence<State = unknown>(
  channel: Pick<Channel, 'name'>,
  options: PresenceOptions<State> = {},
): Presence<State> {
  return new ChannelPresence<State>(channel as OwnChannel, options)
}
