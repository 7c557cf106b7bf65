import { randomBytes } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import type { Pattern } from '@gamut/advisor'
import { type Counts, channelOf, type LoadPlan, messageOf } from './plan.js'
import { type Answer, type Tally, Wire } from './wire.js'

type Question = { readonly do: 'begin'; readonly plan: LoadPlan } | { readonly do: 'counts' }

const tally: Tally = {
  requests: 0,
  empty: 0,
  connects: 0,
  received: 0,
  sent: 0,
  down: 0,
  up: 0,
  connections: 0,
  failures: 0,
}

/** What one reader does from its beginning until its page is closed. */
interface Reading {
  readonly plan: LoadPlan
  readonly path: string
  readonly until: number
  readonly wire: Wire
  /** The page was opened before it was looked at. */
  readonly isUnderWay: boolean
}

const positionOf = ({ head, body }: Answer) => ({
  cursor: /"cursor":"([^"]+)"/.exec(body)?.[1],
  etag: /etag: *([^\r\n]+)/i.exec(head)?.[1],
})

/** Waits, but no longer than a reading lasts; whether that goes on. Timers of a busy process may be early: the clock does not say it then. */
async function rest({ until }: Reading, ms: number): Promise<boolean> {
  const leftMs = until - performance.now()
  await wait(Math.max(0, Math.min(ms, leftMs)))
  return ms < leftMs
}
const isOver = ({ until }: Reading) => performance.now() >= until

/** Asks again and again, each time from where it stands, as a browser with its cache does. */
async function ask(
  reading: Reading,
  query: (isUnderWay: boolean) => string,
  betweenMs: number,
): Promise<void> {
  let known: ReturnType<typeof positionOf> = { cursor: undefined, etag: undefined }
  let asked = false
  for (let isFirst = true; !isOver(reading); isFirst = false) {
    const { cursor, etag } = known
    const path = `${reading.path}?${isFirst ? 'as=poll' : query(reading.isUnderWay && !asked)}${cursor ? `&cursor=${cursor}` : ''}`
    if (!isFirst) asked = true
    const answer = await reading.wire.ask('GET', path, [
      'Accept: application/json',
      ...(etag ? [`If-None-Match: ${etag}`] : []),
    ])
    const now = positionOf(answer)
    known = { cursor: now.cursor ?? cursor, etag: now.etag ?? etag }
    // Those who began their page before they were looked at are not all at the same point of their interval.
    if (/"more":true/.test(answer.body)) continue
    const goesOn = await rest(reading, isFirst && reading.isUnderWay ? Math.random() * betweenMs : betweenMs)
    if (!goesOn) return
  }
}

/**
 * What is left of a wait that has been under way for a while, in milliseconds: it ended and began anew with each message,
 * so its age is that of the last one, as by chance, or nothing came since it began.
 */
function leftOf({ waitMs, updatesPerSecond }: LoadPlan): number {
  const perMs = updatesPerSecond / 1000
  const share = Math.random()
  if (perMs * waitMs < 1e-6) return share * waitMs
  return waitMs + Math.log(1 + share * Math.expm1(-perMs * waitMs)) / perMs
}

const waitOf = (plan: LoadPlan, isUnderWay: boolean) =>
  `as=long-poll&wait=${Math.max(1, Math.round((isUnderWay ? leftOf(plan) : plan.waitMs) / 1000))}`

const readings: Readonly<Record<Pattern, (reading: Reading) => Promise<void>>> = {
  request: async (reading) => {
    const { wire, plan } = reading
    const { keepAliveMs, readingMs } = plan
    // A page that was opened long ago has its answer, and its connection is closed again.
    const age = reading.isUnderWay ? readingMs - (reading.until - performance.now()) : 0
    if (age < keepAliveMs) {
      await wire.ask('GET', `${reading.path}?as=poll`, ['Accept: application/json'])
      await rest(reading, keepAliveMs - age)
      wire.end()
    }
    await rest(reading, Number.MAX_SAFE_INTEGER)
  },
  poll: (reading) => ask(reading, () => 'as=poll', reading.plan.pollAfterMs),
  'long-poll': (reading) => ask(reading, (isUnderWay) => waitOf(reading.plan, isUnderWay), 0),
  sse: async (reading) => {
    reading.wire.hold(reading.path, ['Accept: text/event-stream'])
    await rest(reading, Number.MAX_SAFE_INTEGER)
  },
  websocket: async (reading) => {
    reading.wire.hold(
      reading.path,
      [
        'Connection: Upgrade',
        'Upgrade: websocket',
        'Sec-WebSocket-Version: 13',
        `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
      ],
      true,
    )
    await rest(reading, Number.MAX_SAFE_INTEGER)
  },
}

/** One page after the other, for ever; the first one began somewhere in its time. */
async function read(reader: number, plan: LoadPlan): Promise<void> {
  const path = plan.onlySends ? '/connect' : `/channels/${channelOf(reader, plan.perUser)}`
  // Not all at once, and all of them while the measurement has not begun.
  const opensAll = Math.min(plan.readingMs, plan.opensMs)
  await wait(Math.random() * opensAll)
  for (let share = Math.random(); ; share = 1) {
    const wire = new Wire(plan.port, tally)
    const until = performance.now() + plan.readingMs * share
    const age = Math.min(plan.readingMs * (1 - share), plan.keepAliveMs)
    const reading = { plan, path, wire, until, isUnderWay: share < 1 }
    const stop = plan.sendsPerSecond > 0 ? send(reader, plan, wire, age / 1000) : undefined
    if (plan.onlySends && plan.pattern !== 'websocket') await rest(reading, Number.MAX_SAFE_INTEGER)
    // What is still waited for then, nobody reads.
    else await Promise.race([readings[plan.pattern](reading), rest(reading, Number.MAX_SAFE_INTEGER)])
    stop?.()
    wire.end()
  }
}

/** Sends as by chance until it is stopped: by frames of a socket, by requests where nothing is held, else by a connection beside. */
function send(reader: number, plan: LoadPlan, own: Wire, ageS: number): () => void {
  const channel = channelOf(reader, plan.perUser)
  const isSocket = plan.pattern === 'websocket'
  const isFree = plan.pattern === 'request' || plan.pattern === 'poll'
  const wire = isSocket || isFree ? own : new Wire(plan.port, tally)
  // A page that has been open for a while has sent before.
  if (wire !== own && Math.random() < -Math.expm1(-plan.sendsPerSecond * ageS)) wire.open()
  let timer: NodeJS.Timeout
  const next = () => {
    timer = setTimeout(go, (-Math.log(1 - Math.random()) / plan.sendsPerSecond) * 1000)
  }
  const go = async () => {
    const message = messageOf(0, plan.messageBytes)
    tally.sent++
    if (isSocket)
      wire.frame(`{"type":"publish","ref":${tally.sent},"channel":"${channel}","data":${message}}`)
    else await wire.ask('POST', `/channels/${channel}`, ['Content-Type: application/json'], message)
    next()
  }
  next()
  return () => {
    clearTimeout(timer)
    if (wire !== own) wire.end()
  }
}

function begin(plan: LoadPlan): void {
  for (let reader = 0; reader < plan.readers; reader++) void read(reader, plan)
}

/** The load's process: answers whoever measures. */
export function answerAsLoad(question: Question): Counts | undefined {
  if (question.do === 'counts') return { ...tally }
  begin(question.plan)
  return undefined
}
