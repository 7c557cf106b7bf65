import type { Message } from '@gamut/client'
import type { Link } from '../links.js'
import type { Held } from './recorder.js'
import { Store } from './store.js'

/** How what a widget holds compares with the server's log. */
export interface Proof {
  readonly title: string
  readonly state: 'reading' | 'equal' | 'differs' | 'unread'
  readonly text: string
  /** How many messages were compared. */
  readonly count: number
}

/** For how long a widget may take to have what the log has: some poll only now and then, in milliseconds. */
const patienceMs = 25_000
const lookEveryMs = 100
const maxTries = 3

/** What can be compared: a log by its messages, a keyed channel by what stands last for each key. */
const compared: Readonly<Record<string, { readonly name: RegExp; readonly isKeyed?: true }>> = {
  'This machine': { name: /^machine\/metrics$/ },
  'Team chat': { name: /^chat\// },
  'Shared board': { name: /^board\//, isKeyed: true },
  Notifications: { name: /^notices$/ },
  Deploy: { name: /^deploy\// },
}

/** Of each widget, as far as it holds something of a log. */
export const proofs = new Store<readonly Proof[]>([])

interface Answer {
  readonly messages: readonly Message[]
  readonly cursor: string
  readonly more: boolean
}

/** Reads a channel plainly, by requests of this page's own: from the oldest message on, or what stands now. */
async function readPlainly(channel: string, isKeyed: boolean): Promise<readonly Message[]> {
  const all: Message[] = []
  let cursor = isKeyed ? '' : '&cursor=oldest'
  for (let more = true; more; ) {
    const response = await fetch(`/channels/${channel}?as=poll&limit=1000${cursor}`)
    if (!response.ok) throw new Error(`the server answers ${response.status}`)
    const answer: Answer = await response.json()
    all.push(...answer.messages)
    cursor = `&cursor=${encodeURIComponent(answer.cursor)}`
    more = answer.more
  }
  return all
}

/** A hash that covers every message and their order: each link covers all before it. */
async function chainOf(messages: readonly Message[]): Promise<string> {
  let chain = new Uint8Array()
  for (const { offset, time, key, data, deleted } of messages) {
    const line = new TextEncoder().encode(JSON.stringify([offset, time, key, data, deleted]))
    const both = new Uint8Array(chain.length + line.length)
    both.set(chain)
    both.set(line, chain.length)
    chain = new Uint8Array(await crypto.subtle.digest('SHA-256', both))
  }
  return [...chain.slice(0, 2)].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}

const byOffset = (one: Message, other: Message) => one.offset - other.offset

/** What a page and the server have of the same part of a log. A keyed channel is what stands now. */
function sameParts(held: Held, log: readonly Message[], isKeyed: boolean) {
  if (isKeyed) return { own: [...held.keys.values()].sort(byOffset), theirs: [...log].sort(byOffset) }
  const from = Math.max(held.messages[0]?.offset ?? 0, log[0]?.offset ?? 0)
  const to = log.at(-1)?.offset ?? 0
  const part = (messages: readonly Message[]) =>
    messages.filter(({ offset }) => offset >= from && offset <= to)
  // What the page lacks at its beginning it never asked for; what it lacks behind that is missing.
  return { own: part(held.messages), theirs: part(log) }
}

/** Waits until a widget has what the log had when it was read, or has had its time. One that polls looks now. */
async function caughtUp(held: Held, log: readonly Message[], look: () => void): Promise<void> {
  const newest = log.at(-1)?.offset ?? 0
  const isBehind = () => (held.messages.at(-1)?.offset ?? 0) < newest
  const until = performance.now() + patienceMs
  if (isBehind()) look()
  while (isBehind() && performance.now() < until)
    await new Promise((resolve) => setTimeout(resolve, lookEveryMs))
}

/** What is compared of a link: the last of its channels, where there were several. */
interface Part {
  readonly title: string
  readonly channel: string
  readonly held: Held
  readonly isKeyed: boolean
  look(): void
}

function partOf({ title, records, look }: Link): Part | undefined {
  const { name = /^$/, isKeyed = false } = compared[title] ?? {}
  const found = [...records].findLast(([channel]) => name.test(channel))
  return found && { title, channel: found[0], held: found[1], isKeyed, look }
}

async function compare({ title, channel, held, isKeyed, look }: Part): Promise<Proof> {
  const log = await readPlainly(channel, isKeyed)
  await caughtUp(held, log, look)
  const { own, theirs } = sameParts(held, log, isKeyed)
  if (own.length + theirs.length === 0)
    return { title, state: 'equal', text: 'nothing is there yet', count: 0 }
  const [chain, theirChain] = await Promise.all([chainOf(own), chainOf(theirs)])
  const count = theirs.length
  const shown = `${own.length} of ${count} ${isKeyed ? 'notes' : 'messages'}, chain ${chain}…${held.gap ? `, since a gap (${held.gap})` : ''}`
  return chain === theirChain
    ? { title, state: 'equal', text: shown, count }
    : { title, state: 'differs', text: `${shown}, the server’s ${theirChain}…`, count }
}

/** What others change between the two looks is no difference: it is looked at again. */
async function prove(part: Part): Promise<Proof> {
  try {
    let proof = await compare(part)
    for (let tries = 1; proof.state === 'differs' && tries < maxTries; tries++) proof = await compare(part)
    return proof
  } catch (error) {
    const text = `the server’s log cannot be read: ${(error as Error).message}`
    return { title: part.title, state: 'unread', text, count: 0 }
  }
}

/** Compares what every widget holds with a plain read of the server's log. */
export function proveAll(links: readonly Link[]): Promise<readonly Proof[]> {
  const parts = links.flatMap((link) => partOf(link) ?? [])
  proofs.set(parts.map(({ title }) => ({ title, state: 'reading', text: 'comparing …', count: 0 })))
  const each = parts.map(async (part, index) => {
    const proof = await prove(part)
    proofs.set(proofs.value.with(index, proof))
    return proof
  })
  return Promise.all(each)
}
