import { Store } from './store.js'

/** Something that the supervisor tells of: what was broken or mended, or a node that came or went. */
export interface RoomEvent {
  readonly id: number
  readonly what: 'begin' | 'end' | 'up' | 'down' | 'crashed'
  /** Of the fault or of the node. */
  readonly name: string
  readonly ageMs: number
}

/** How things are at the server's end. */
export interface RoomState {
  /** Whether there is a supervisor, which can break things: `gamut serve` alone has none. */
  readonly isSupervised: boolean
  readonly nodes: readonly { readonly name: string; readonly isUp: boolean }[]
  readonly active: readonly { readonly name: string; readonly endsInMs: number }[]
  readonly events: readonly RoomEvent[]
}

/** How often it is asked while something is broken or somebody looks, in milliseconds. */
const askEveryMs = 500

/** How things are, as far as it is known. */
export const roomState = new Store<RoomState | undefined>(undefined)

async function ask<Answer>(path: string, init?: RequestInit): Promise<Answer> {
  const response = await fetch(path, init)
  if (!response.ok) throw new Error(`${path} was answered by ${response.status}`)
  return response.json()
}

/** Nobody is there to ask while the supervisor itself is away: then all stays as it was. */
async function look(): Promise<void> {
  const state = await ask<RoomState>('/faults.json').catch(() => undefined)
  if (state) roomState.set(state)
}

const known = look()

let token: string | undefined

/** The token that says who asks, for as long as it is taken; without a supervisor there is none. */
export async function getToken(): Promise<string | undefined> {
  await known
  if (!roomState.value?.isSupervised) return undefined
  token ??= (await ask<{ token: string }>('/faults/token', { method: 'POST' })).token
  return token
}

/** The token is not taken any more: the next one is asked for. */
export function forgetToken(): void {
  token = undefined
}

/** Breaks or mends something, by its path. */
export async function tellSupervisor(path: string): Promise<void> {
  roomState.set(await ask<RoomState>(`/faults/${path}`, { method: 'POST' }))
}

const isBroken = ({ active, nodes }: RoomState) => active.length > 0 || nodes.some(({ isUp }) => !isUp)

let watchers = 0
let isAsking = false

async function goOn(): Promise<void> {
  await look()
  const state = roomState.value
  isAsking = state?.isSupervised === true && (watchers > 0 || isBroken(state))
  if (isAsking) setTimeout(goOn, askEveryMs)
}

/** Goes on asking while somebody looks, and until nothing is broken. Returns how to look away. */
export function watchSupervisor(): () => void {
  watchers++
  if (!isAsking) {
    isAsking = true
    void goOn()
  }
  return () => {
    watchers--
  }
}
