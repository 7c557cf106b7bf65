import { randomBytes } from 'node:crypto'
import { parseJson, subprotocol } from '@gamut/protocol'
import { openSocketReader, type ReaderEvent, rawRequest, type SocketReader } from '@gamut/testing'
import { errorCode } from '../ask-server.js'
import type { Finding } from './finding.js'
import { lateMs, newMark, type Patient, spell } from './patient.js'

/** How a handshake was answered. */
interface Handshake {
  readonly status: number
  readonly server: string | undefined
  readonly body: string
}

/** What was found of the WebSocket. */
export interface SocketExamined {
  readonly finding: Finding
  /** How often the server says that it is there, in milliseconds, where a WebSocket told it. */
  readonly heartbeatMs?: number
}

const check = 'websocket'
const patterns = ['websocket'] as const

async function shakeHands({ path, waitMs }: Patient): Promise<Handshake> {
  const { target } = path
  const stop = new AbortController()
  const limit = setTimeout(() => stop.abort(), waitMs)
  try {
    const answer = await rawRequest({
      ...target.raw,
      target: `${target.basePath}${path.channelPath({})}`,
      headers: {
        Host: target.url.host,
        Connection: 'Upgrade',
        Upgrade: 'websocket',
        'Sec-WebSocket-Version': '13',
        'Sec-WebSocket-Key': randomBytes(16).toString('base64'),
        'Sec-WebSocket-Protocol': subprotocol,
        ...path.headersOf('own'),
      },
      signal: stop.signal,
    })
    const body = answer.status === 101 ? '' : await answer.text()
    answer.connection.close()
    return { status: answer.status, server: answer.headers.get('server'), body }
  } catch {
    return { status: 0, server: undefined, body: '' }
  } finally {
    clearTimeout(limit)
  }
}

function refused({ status, server, body }: Handshake): Finding {
  const answer = parseJson(body)
  const isPoll = status === 200 && body.includes('"outcome"')
  const by = server === undefined ? 'without a Server header' : `Server: ${server}`
  const means =
    'No WebSocket opens on this path: chats and games fall back to streams and publishes by request.'
  const seen = { status, server }
  if (isPoll || errorCode(answer) === 'upgrade_required')
    return {
      check,
      patterns,
      severity: 'fault',
      says: `The handshake of a WebSocket was answered as a plain request (HTTP ${status}, ${by}): its Upgrade header was taken away.`,
      means,
      problem: 'upgrade',
      seen: { ...seen, stripped: true },
    }
  const what = status === 0 ? 'was not answered' : `was answered HTTP ${status} (${by})`
  const code = errorCode(answer)
  return {
    check,
    patterns,
    severity: 'fault',
    says: `The handshake of a WebSocket ${what}${code ? `, ${code}` : ''}.`,
    means,
    ...(code === undefined
      ? { problem: 'upgrade' as const }
      : { todo: 'That is the server’s own answer: see PROTOCOL §13 for the code.' }),
    seen,
  }
}

/** Takes events until one is as wanted; gives how long that took, or how it ended without. */
async function take(
  reader: SocketReader,
  isWanted: (event: ReaderEvent) => boolean,
  withinMs: number,
): Promise<{ readonly ms: number; readonly event?: ReaderEvent }> {
  const start = performance.now()
  let limit: NodeJS.Timeout | undefined
  const late = new Promise<undefined>((resolve) => {
    limit = setTimeout(() => resolve(undefined), withinMs)
  })
  try {
    for (;;) {
      const event = await Promise.race([reader.next().catch(() => undefined), late])
      const ms = performance.now() - start
      if (!event || event.kind === 'closed' || isWanted(event)) return { ms, ...(event && { event }) }
    }
  } finally {
    clearTimeout(limit)
  }
}

/** Something that was waited for and did not come. */
function missed(what: string, event: ReaderEvent | undefined, waitMs: number): Finding {
  const closed = event?.kind === 'closed' ? event : undefined
  const code = closed?.code === undefined ? '' : `, close code ${closed.code}`
  const how = closed ? `it was ended (${closed.how}${code})` : `nothing came within ${spell(waitMs)}`
  return {
    check,
    patterns,
    severity: 'fault',
    says: `A WebSocket is accepted, and before ${what} ${how}.`,
    means: 'What looks open carries nothing: clients move to another transport after their first silence.',
    problem: closed ? 'idle' : 'upgrade',
    seen: { accepted: true, how: closed?.how ?? 'silent', code: closed?.code },
  }
}

/** Messages that come, but not at once. */
function held(ms: number, { plainMs }: Patient): Finding {
  return {
    check,
    patterns,
    severity: 'warning',
    says: `A WebSocket opens, and a message took ${spell(ms)} there and back, where a plain request takes ${spell(plainMs)}.`,
    means: 'Something on the way gathers before it passes on.',
    problem: 'upgrade',
    seen: { messageMs: Math.round(ms) },
  }
}

async function converse(patient: Patient, reader: SocketReader): Promise<SocketExamined> {
  const { waitMs, path } = patient
  const welcome = await take(reader, ({ kind }) => kind === 'welcome' || kind === 'error', waitMs)
  if (welcome.event?.kind !== 'welcome') return { finding: missed('its welcome', welcome.event, waitMs) }
  const { heartbeatMs } = welcome.event
  const isAnswer = (event: ReaderEvent) =>
    (event.kind === 'ok' || event.kind === 'error') && event.ref === 'doctor'
  reader.send({ type: 'ping', ref: 'doctor' })
  const pong = await take(reader, isAnswer, waitMs)
  if (pong.event?.kind !== 'ok')
    return { finding: missed('a ping was answered', pong.event, waitMs), heartbeatMs }
  let exchanged = `a ping was answered in ${spell(pong.ms)}`
  const seen: Record<string, unknown> = { heartbeatMs, pingMs: Math.round(pong.ms) }
  if (patient.publish) {
    const mark = newMark()
    reader.send({ type: 'publish', channel: path.target.channel, data: mark })
    const isBack = (event: ReaderEvent) =>
      event.kind === 'message' && event.message.data === JSON.stringify(mark)
    const back = await take(reader, isBack, waitMs)
    if (back.event?.kind !== 'message')
      return { finding: missed('a message came back', back.event, waitMs), heartbeatMs }
    if (back.ms > lateMs(patient)) return { finding: held(back.ms, patient), heartbeatMs }
    exchanged += `, a message came back in ${spell(back.ms)}`
    seen['messageMs'] = Math.round(back.ms)
  }
  const says = `A WebSocket opens and carries both ways: ${exchanged}.`
  return { finding: { check, patterns, severity: 'ok', says, seen }, heartbeatMs }
}

/** Whether a WebSocket opens on this path and carries messages both ways. */
export async function examineSocket(patient: Patient): Promise<SocketExamined> {
  const { path } = patient
  const handshake = await shakeHands(patient)
  if (handshake.status !== 101) return { finding: refused(handshake) }
  const { base, channel } = path.target
  const reader = openSocketReader({ origin: base, channel, headers: path.headersOf('own') })
  try {
    return await converse(patient, reader)
  } finally {
    reader.close()
  }
}
