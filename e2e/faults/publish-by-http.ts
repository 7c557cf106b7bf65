import { type Cursor, errorKinds, formatMessage } from '@gamut/protocol'
import { rawRequest, WireClosed } from '@gamut/testing'
import type { Operation } from './operation.js'

/** What one try of a publish came to. */
export type Tried =
  | { readonly kind: 'acknowledged'; readonly cursor: Cursor; readonly offsets: readonly number[] }
  /** It may be stored. */
  | { readonly kind: 'unknown'; readonly why: string }
  /** Nothing is stored; another try may be. */
  | { readonly kind: 'refused'; readonly why: string }
  /** Nothing is stored, and no other try will be. */
  | { readonly kind: 'failed'; readonly why: string }

const patienceMs = 3000
/** The server answers these when it has stored nothing and will later. */
const nothingStored: ReadonlySet<string> = new Set([
  'overloaded',
  'draining',
  'rate_limited',
  'broker_unavailable',
])

/** What an error of the server says of a publish. */
export function triedByCode(code: string): Tried {
  if (nothingStored.has(code)) return { kind: 'refused', why: code }
  const kind = Object.hasOwn(errorKinds, code) ? errorKinds[code as keyof typeof errorKinds] : undefined
  return kind && !kind.retry && code !== 'internal'
    ? { kind: 'failed', why: code }
    : { kind: 'unknown', why: code }
}

/** One line of NDJSON, its data byte for byte. */
function toLine(message: Operation['messages'][number]): string {
  const text = formatMessage({ ...message, offset: 0, time: 0, tag: '0' })
  return `{${text.slice('{"offset":0,"time":0,'.length)}\n`
}

function toRequest(operation: Operation) {
  const { name, channel, messages, close } = operation
  const [first] = messages
  const query = new URLSearchParams()
  const headers: Record<string, string> = { 'Idempotency-Key': name }
  if (close) query.set('close', 'true')
  if (messages.length === 1 && first && first.id === undefined) {
    if (first.event !== undefined) query.set('event', first.event)
    if (first.key !== undefined) query.set('key', first.key)
    const target = `/channels/${channel}?${query}`
    if (first.deleted) return { method: 'DELETE', target, headers }
    return {
      method: 'POST',
      target,
      headers: { ...headers, 'Content-Type': 'application/json' },
      body: first.data ?? '',
    }
  }
  headers['Content-Type'] = 'application/x-ndjson'
  // The ids of the lines are enough where there are some.
  if (messages.length % 2 === 1) delete headers['Idempotency-Key']
  return {
    method: 'POST',
    target: `/channels/${channel}?${query}`,
    headers,
    body: messages.map(toLine).join(''),
  }
}

/** Tries a publish once over HTTP. */
export async function publishByHttp(origin: string, operation: Operation): Promise<Tried> {
  const signal = AbortSignal.timeout(patienceMs)
  try {
    const answer = await rawRequest({ port: Number(new URL(origin).port), ...toRequest(operation), signal })
    const text = await answer.text()
    if ((await answer.finished) !== 'complete') return { kind: 'unknown', why: `cut after ${answer.status}` }
    // A proxy says in its own words that it has no answer.
    if (!text.startsWith('{')) return { kind: 'unknown', why: `${answer.status} of a proxy` }
    const body = JSON.parse(text)
    if (answer.status >= 400) return triedByCode(body.error.code)
    const offsets = body.messages.map(({ offset }: { offset: number }) => offset)
    return { kind: 'acknowledged', cursor: body.cursor, offsets }
  } catch (error) {
    if (!(error instanceof WireClosed)) throw error
    return { kind: error.how === 'refused' ? 'refused' : 'unknown', why: error.how }
  }
}
