import type { Gamut, GamutError } from '@gamut/client'
import { type Presence, type PresenceMember, presence } from '@gamut/client/presence'

/** What is shown of who is there. It never changes: what comes makes another one. */
export interface PresenceState<State = unknown> {
  /** Who is there, by identity and device. */
  readonly members: ReadonlyMap<string, PresenceMember<State>>
  /** Why nobody can be seen, or be there: `no_presence` of a server that does not serve it. */
  readonly error: GamutError | undefined
}

/** What is shown before anything has come. */
export const nobody: PresenceState = { members: new Map(), error: undefined }

const storesOf = new WeakMap<Gamut, Map<string, PresenceStore>>()

const keyOf = (name: string, device: string | undefined) => JSON.stringify([name, device])

/** What is known of who is there now, if anybody looks. */
export function presenceNow(gamut: Gamut, name: string, device: string | undefined): PresenceState {
  return storesOf.get(gamut)?.get(keyOf(name, device))?.state ?? nobody
}

/** The one presence on a channel, by one device, that all components share. */
export function presenceOn(gamut: Gamut, name: string, device: string | undefined): PresenceStore {
  const stores = storesOf.get(gamut) ?? new Map<string, PresenceStore>()
  storesOf.set(gamut, stores)
  const key = keyOf(name, device)
  const store =
    stores.get(key) ?? new PresenceStore(presence(gamut.channel(name), { device }), () => stores.delete(key))
  stores.set(key, store)
  return store
}

/** It is forgotten at the end of a turn: who leaves and comes again, as React's strict mode does, has not left. */
class PresenceStore {
  state = nobody
  readonly #presence: Presence
  readonly #forget: () => void
  /** What components say of this client, the last one counts. */
  readonly #said: unknown[][] = []
  #users = 0

  constructor(presence: Presence, forget: () => void) {
    this.#presence = presence
    this.#forget = forget
  }

  /** Tells one more component of every change. Returns how to stop. */
  watch(notify: () => void): () => void {
    return this.#use(
      this.#presence.onChange(({ members, error }) => {
        if (members !== this.state.members || error !== this.state.error) this.state = { members, error }
        notify()
      }),
    )
  }

  /** Is there for as long as one more component is shown. Returns how to end that. */
  enter(state: unknown): () => void {
    const said = [state]
    this.#said.push(said)
    this.#presence.set(state)
    return this.#use(() => {
      this.#said.splice(this.#said.indexOf(said), 1)
      const last = this.#said.at(-1)
      if (last) this.#presence.set(last[0])
      else this.#presence.leave()
    })
  }

  #use(stop: () => void): () => void {
    this.#users++
    return () => {
      stop()
      this.#users--
      queueMicrotask(() => {
        if (!this.#users) this.#forget()
      })
    }
  }
}
