import { setTimeout as sleep } from 'node:timers/promises'
import { maxWaitSeconds, type TransportName } from '@gamut/protocol'
import { openSocketReader } from '@gamut/testing'
import type { Finding } from './finding.js'
import { listOf, type Patient, spell } from './patient.js'
import { watch } from './watch.js'

/** What became of one connection that was held and used for nothing. */
interface Held {
  readonly pattern: TransportName
  readonly title: string
  /** How long it lived, and how long it had been silent at its end, in milliseconds. */
  readonly heldMs: number
  readonly silentMs: number
  readonly heartbeats: number
  /** How it ended, in words; absent where it lived as long as was wanted. */
  readonly ended?: string
  /** The server itself ended it, and said so. */
  readonly isToldByServer?: boolean
  readonly code?: number
}

/** The heartbeat of a server that nobody has told us about, in milliseconds (PROTOCOL §16). */
const usualHeartbeatMs = 15_000
/** A cut that comes after this costs a reconnection now and then; one that comes before is no stream at all. */
const bearableMs = 30_000

const endWords: Readonly<Record<string, string>> = {
  complete: 'ended in good form',
  cut: 'closed in the middle',
  reset: 'reset',
  malformed: 'broken',
}

async function holdStream(
  { path, idleMs, waitMs }: Patient,
  pattern: 'sse' | 'ndjson',
  heartbeatMs: number,
): Promise<Held | undefined> {
  const title = pattern === 'sse' ? 'SSE' : 'NDJSON'
  const stream = await path.open(path.channelPath({ as: pattern }), { withinMs: waitMs })
  if (stream?.status !== 200) {
    stream?.close()
    return undefined
  }
  const watched = watch(stream)
  const silentMs = () => performance.now() - stream.askedAt - watched.lastMs()
  const isOver = await Promise.race([
    watched.over.then(() => true),
    timeOver(idleMs, silentMs, heartbeatMs).then(() => false),
  ])
  const heldMs = performance.now() - stream.askedAt
  const text = watched.text()
  const held = {
    pattern,
    title,
    heldMs,
    silentMs: silentMs(),
    heartbeats: text.split(/event: \$heartbeat|"type":"heartbeat"/).length - 1,
  }
  if (!isOver) {
    stream.close()
    return held
  }
  const isToldByServer = /event: \$(?:reconnect|end)|"type":"(?:reconnect|end)"/.test(text)
  return { ...held, isToldByServer, ended: endWords[await stream.end] ?? 'ended' }
}

/** Whether a stream whose last byte came so long ago gets no heartbeats. */
const isMuteAfter = (silentMs: number, heartbeatMs: number) => silentMs > heartbeatMs * 1.5

/**
 * Resolves after so long, and a heartbeat later where one seems to be missing by then: a process that was held up
 * itself sees the time is over before it reads what came meanwhile.
 */
async function timeOver(idleMs: number, silentMs: () => number, heartbeatMs: number): Promise<void> {
  await sleep(idleMs)
  if (isMuteAfter(silentMs(), heartbeatMs)) await sleep(heartbeatMs)
}

async function holdSocket({ path, idleMs }: Patient, heartbeatMs: number): Promise<Held | undefined> {
  const { base, channel } = path.target
  const reader = openSocketReader({ origin: base, channel, headers: path.headersOf('own') })
  const start = performance.now()
  let last = start
  let heartbeats = 0
  let isToldByServer = false
  const silentMs = () => performance.now() - last
  void timeOver(idleMs, silentMs, heartbeatMs).then(() => reader.close())
  let closed: { readonly how: string; readonly code?: number; readonly status?: number } = {
    how: 'malformed',
  }
  try {
    for await (const event of reader) {
      if (event.kind === 'closed') {
        closed = event
        break
      }
      last = performance.now()
      if (event.kind === 'heartbeat') heartbeats++
      if (event.kind === 'reconnect' || event.kind === 'end' || event.kind === 'error') isToldByServer = true
    }
  } catch {
    // What came was no frame of ours: it is told as broken.
  }
  if (closed.status !== undefined || closed.how === 'refused') return undefined
  const held = {
    pattern: 'websocket' as const,
    title: 'WebSocket',
    heldMs: performance.now() - start,
    silentMs: silentMs(),
    heartbeats,
  }
  if (closed.how === 'local') return held
  const { code } = closed
  const named = code === undefined || code === 1006 ? 'without a close code' : `with close code ${code}`
  const ended = `${endWords[closed.how] ?? 'ended'} ${named}`
  return { ...held, isToldByServer, ended, ...(code !== undefined && { code }) }
}

/** A long-poll is silent for as long as it waits: no heartbeat keeps it. */
async function holdLongPoll({ path, idleMs, waitMs }: Patient): Promise<Held | undefined> {
  const wait = Math.max(1, Math.min(maxWaitSeconds, Math.floor(idleMs / 1000)))
  const query = { as: 'long-poll', wait: String(wait), cursor: 'newest' }
  const answer = await path.ask(path.channelPath(query, true), { withinMs: wait * 1000 + waitMs })
  const held = {
    pattern: 'long-poll' as const,
    title: 'Long-poll',
    heldMs: answer.totalMs,
    silentMs: answer.headMs,
    heartbeats: 0,
  }
  // One that was answered by a message was not silent.
  if (answer.status === 200 && answer.totalMs < wait * 900) return undefined
  if (answer.status === 200 || answer.status === 304) return held
  const ended =
    answer.status === 0 ? (endWords[answer.end] ?? 'not answered') : `answered HTTP ${answer.status}`
  return { ...held, ended }
}

function figures(all: readonly Held[]): Record<string, unknown> {
  return Object.fromEntries(
    all.map(({ pattern, heldMs, silentMs, heartbeats, ended, code }) => [
      pattern,
      { heldMs: Math.round(heldMs), silentMs: Math.round(silentMs), heartbeats, ended, code },
    ]),
  )
}

/** Those that were cut in one way and at one time, together: one setting does that. */
function groupCuts(cut: readonly Held[]): readonly (readonly [Held, ...Held[]])[] {
  const groups = new Map<string, [Held, ...Held[]]>()
  for (const held of cut) {
    const key = `${held.ended} ${held.isToldByServer} ${Math.round(held.heldMs / 1000)}`
    const group = groups.get(key)
    if (group) group.push(held)
    else groups.set(key, [held])
  }
  return [...groups.values()]
}

/** What the time of a cut says about its cause. */
function causeOf({ pattern, heartbeats, silentMs }: Held, heartbeatMs: number): string {
  if (pattern === 'long-poll')
    return 'A long-poll is silent until its answer, 25 s if nothing is said and 60 s at most.'
  if (heartbeats > 0 && silentMs < heartbeatMs * 0.9)
    return `Heartbeats had come (${heartbeats}), so it was cut for its age and not for its silence.`
  return `The server sends a heartbeat after ${spell(heartbeatMs)} of silence, which is too late here.`
}

function judgeCut(group: readonly [Held, ...Held[]], heartbeatMs: number): Finding {
  const [first] = group
  const { heldMs, silentMs, ended } = first
  const patterns = group.map(({ pattern }) => pattern)
  const titles = listOf(group.map(({ title }) => title))
  const about = { check: 'idle', patterns, seen: figures(group) } as const
  if (first.isToldByServer)
    return {
      ...about,
      severity: 'ok',
      says: `${titles}: ended by the server itself after ${spell(heldMs)}, as it said; nothing on the way did before.`,
    }
  return {
    ...about,
    severity: heldMs < bearableMs ? 'fault' : 'warning',
    says: `${titles}: ${ended} after ${spell(heldMs)}, ${spell(silentMs)} after the last byte, and not by the server.`,
    means: `${causeOf(first, heartbeatMs)} Whoever reads comes back at its cursor and loses nothing; each time costs a connection.`,
    problem: 'idle',
  }
}

function judgeMute(held: Held, heartbeatMs: number): Finding {
  return {
    check: 'idle',
    severity: 'fault',
    patterns: [held.pattern],
    says: `${held.title}: held for ${spell(held.heldMs)}, and nothing came for the last ${spell(held.silentMs)}, where the server sends a heartbeat each ${spell(heartbeatMs)}.`,
    means: 'Something on the way holds back what is small: clients take the stream for dead and move on.',
    problem: 'buffering',
    seen: figures([held]),
  }
}

/** Holds what can be held, all at once and in silence, and says what was cut, when and by whom. */
export async function examineIdle(
  patient: Patient,
  heartbeatMs = usualHeartbeatMs,
): Promise<readonly Finding[]> {
  const all = await Promise.all([
    holdStream(patient, 'sse', heartbeatMs),
    holdStream(patient, 'ndjson', heartbeatMs),
    holdSocket(patient, heartbeatMs),
    holdLongPoll(patient),
  ])
  const held = all.filter((one) => one !== undefined)
  const isMute = ({ pattern, silentMs, ended }: Held) =>
    pattern !== 'long-poll' && ended === undefined && isMuteAfter(silentMs, heartbeatMs)
  const cut = held.filter(({ ended }) => ended !== undefined)
  const mute = held.filter(isMute)
  const whole = held.filter((one) => !cut.includes(one) && !mute.includes(one))
  const bad = [
    ...groupCuts(cut).map((group) => judgeCut(group, heartbeatMs)),
    ...mute.map((one) => judgeMute(one, heartbeatMs)),
  ]
  if (whole.length === 0) return bad
  const beaten = whole.some(({ heartbeats }) => heartbeats > 0) ? ', heartbeats came' : ''
  const isShort = patient.idleMs < heartbeatMs * 2
  return [
    ...bad,
    {
      check: 'idle',
      severity: 'ok',
      patterns: whole.map(({ pattern }) => pattern),
      says: `${listOf(whole.map(({ title }) => title))}: held for ${spell(patient.idleMs)} in silence, nothing cut them${isShort ? ` (no more is known: heartbeats come each ${spell(heartbeatMs)})` : beaten}.`,
      seen: figures(whole),
    },
  ]
}
