import type { Link } from '../links.js'
import { toSentence } from '../patterns.js'
import { serverNow } from '../server-clock.js'
import { isCurtained } from './curtain.js'
import { faultOf } from './list.js'
import { type Proof, proveAll } from './proof.js'
import { Store } from './store.js'
import { type RoomEvent, roomState } from './supervisor.js'

/** Something that has happened. */
export interface Entry {
  readonly id: string
  /** By this page's clock, in milliseconds since 1970. */
  readonly at: number
  readonly kind: 'move' | 'broken' | 'mended' | 'server' | 'equal' | 'differs'
  /** Whose it is: a widget, or what was broken. */
  readonly title: string
  readonly text: string
  /** The state that a widget's client went to. */
  readonly state?: string
  /** How often it has happened, one after the other. */
  readonly times?: number
}

const maxEntries = 200

/** What has happened, the oldest first. */
export const timeline = new Store<readonly Entry[]>([])

/** Adds what has happened where it belongs: what the supervisor tells comes late. */
export function note(entry: Entry): void {
  const { value } = timeline
  const index = value.findLastIndex(({ at }) => at <= entry.at) + 1
  timeline.set(value.toSpliced(index, 0, entry).slice(-maxEntries))
}

const withoutTime = (text: string) => text.replace(/ until \S+:/, ':')

/** Adds a move of a client. A try that led to it says nothing by itself, and one that failed as the one before is the same again. */
function noteMove(entry: Entry): void {
  const last = timeline.value.findLast(({ kind, title }) => kind === 'move' && title === entry.title)
  const isTry = last?.text === 'connecting'
  if (isTry) timeline.set(timeline.value.filter((one) => one !== last))
  const before = isTry
    ? timeline.value.findLast(({ kind, title }) => kind === 'move' && title === entry.title)
    : last
  const isAgain = before?.state === 'waiting' && withoutTime(before.text) === withoutTime(entry.text)
  if (isAgain) timeline.set(timeline.value.filter((one) => one !== before))
  note(isAgain ? { ...entry, times: (before.times ?? 1) + 1 } : entry)
}

/** Notes every move of a client with its reason. */
function followMoves({ title, gamut }: Link): void {
  let count = 0
  let told = 0
  const tell = async (at: number, state: string) => {
    count++
    const said = await gamut.explain()
    const fresh = told === count ? [] : said.slice(told - count)
    for (const text of fresh)
      noteMove({ id: `${title} ${++told}`, at, kind: 'move', title, text: toSentence(text), state })
  }
  gamut.onStatus(({ state }) => void tell(serverNow(), state))
}

const nodeWords = {
  up: 'listens',
  down: 'has ended',
  crashed: 'has crashed; it is started anew',
} as const

function toEntry({ id, what, name, ageMs }: RoomEvent): Entry {
  const at = serverNow() - ageMs
  const { title = name, begins = '', ends = '' } = faultOf(name) ?? {}
  if (what === 'begin') return { id: `${id}`, at, kind: 'broken', title, text: begins }
  if (what === 'end') return { id: `${id}`, at, kind: 'mended', title, text: ends }
  return { id: `${id}`, at, kind: 'server', title: name, text: nodeWords[what] }
}

function noteProof(all: readonly Proof[]): void {
  const wrong = all.filter(({ state }) => state !== 'equal')
  const isWrong = wrong.length > 0
  const at = serverNow()
  note({
    id: `proof ${at}`,
    at,
    kind: isWrong ? 'differs' : 'equal',
    title: isWrong ? 'Not equal to the server’s log' : 'Every log equals the server’s',
    text: isWrong
      ? wrong.map(({ title, text }) => `${title}: ${text}`).join('; ')
      : all.map(({ title, count }) => `${title} ${count}`).join(', '),
  })
}

let isProving = false
let isDue = false

/** Compares all logs with the server's; once more if that is asked for meanwhile. */
export async function proveNow(links: readonly Link[]): Promise<void> {
  isDue = true
  if (isProving) return
  isProving = true
  while (isDue) {
    isDue = false
    noteProof(await proveAll(links))
  }
  isProving = false
}

/** Notes what the supervisor tells, and compares the logs once all is well again. */
function followSupervisor(links: readonly Link[]): void {
  let last: number | undefined
  let wasBroken = false
  const look = () => {
    const state = roomState.value
    if (!state) return
    const { events, active, nodes } = state
    // What was before this page was opened is none of its own.
    const fresh = last === undefined ? [] : events.filter(({ id }) => id > (last ?? 0))
    last = events.at(-1)?.id ?? 0
    for (const event of fresh) note(toEntry(event))
    const isBroken = active.length > 0 || nodes.some(({ isUp }) => !isUp)
    if ((wasBroken || fresh.length > 0) && !isBroken) void proveNow(links)
    wasBroken = isBroken
  }
  look()
  roomState.subscribe(look)
}

/** Begins to note what happens to these links. */
export function keepTimeline(links: readonly Link[]): void {
  for (const link of links) followMoves(link)
  followSupervisor(links)
  isCurtained.subscribe(() => {
    if (!isCurtained.value) void proveNow(links)
  })
}
