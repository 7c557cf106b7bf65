import { cacheSigns, field } from './cache-signs.js'
import type { Finding } from './finding.js'
import { examineKept } from './kept.js'
import { newMark, type Patient } from './patient.js'

const check = 'cache'
const polls = ['poll', 'long-poll'] as const
/** What answers say of who may keep them, and what they depend on (PROTOCOL §4). */
const varies = ['authorization', 'cookie', 'origin', 'accept'] as const

async function examineTags({ path }: Patient): Promise<Finding> {
  // As clients poll: a cache for public channels may answer 304 itself, and takes conditions away from what it cannot keep.
  const target = path.channelPath({ as: 'poll' }, true)
  const first = await path.ask(target)
  const tag = field(first, 'etag')
  const means = 'Each poll carries the whole answer again, where 304 and some 200 bytes would do.'
  const fault = { check, patterns: polls, severity: 'warning', means, problem: 'etag' } as const
  if (tag === '')
    return { ...fault, says: 'Polls arrive without the ETag that the server sends.', seen: { etag: null } }
  const again = (known: string) => path.ask(target, { headers: { 'If-None-Match': known } })
  let second = await again(tag)
  // Something may have been published in between.
  const newer = field(second, 'etag')
  if (second.status === 200 && newer !== tag && newer !== '') second = await again(newer)
  const seen = { etag: tag, again: second.status }
  if (second.status === 304) {
    const says = 'ETag arrives, and If-None-Match is answered 304.'
    return { check, patterns: polls, severity: 'ok', says, seen }
  }
  return {
    ...fault,
    says: `A poll with If-None-Match of its own ETag is answered ${second.status} and not 304.`,
    seen,
  }
}

async function examineHeaders({ path }: Patient, streamControl: string | undefined): Promise<Finding> {
  const poll = await path.ask(path.channelPath({}, true))
  const control = field(poll, 'cache-control')
  const vary = field(poll, 'vary').toLowerCase()
  const missing = varies.filter((name) => !vary.includes(name) && vary !== '*')
  const wrong = [
    ...(/\bprivate\b/.test(control) && /\bno-cache\b/.test(control)
      ? []
      : [`a private poll has Cache-Control "${control}"`]),
    ...(streamControl === undefined || /\bno-store\b/.test(streamControl)
      ? []
      : [`a stream has Cache-Control "${streamControl}"`]),
  ]
  const seen = { poll: control, vary, stream: streamControl }
  if (wrong.length > 0)
    return {
      check,
      severity: 'warning',
      says: `What the server says of caches is changed on the way: ${wrong.join(', ')}.`,
      means: 'Caches behind it, those of browsers too, may keep what is for one reader alone.',
      problem: 'headers',
      seen,
    }
  if (missing.length > 0)
    return {
      check,
      severity: 'note',
      says: `Vary does not name ${missing.join(', ')} any more. Private polls still say so by Cache-Control.`,
      problem: 'headers',
      seen,
    }
  return { check, severity: 'ok', says: 'Cache-Control and Vary arrive as the server sends them.', seen }
}

/** What answers to one public poll show, asked for several times at once. */
interface Shared {
  /** What shows that a cache has answered. */
  readonly signs: readonly string[]
  /** In seconds: how old answers may be, and how old the oldest is. */
  readonly maxAge: number
  readonly age: number
}

function judgeShared({ signs, maxAge, age }: Shared): Omit<Finding, 'check' | 'patterns'> {
  if (age > maxAge + 2)
    return {
      severity: 'warning',
      says: `A cache answers polls of this public channel by what is ${age} s old, where the server allows ${maxAge} s.`,
      means: 'Whoever polls sees news that much later.',
      problem: 'shared',
    }
  if (signs.length > 0)
    return {
      severity: 'ok',
      says: `A shared cache answers polls of this public channel for everybody (${signs.join(', ')}).`,
    }
  return {
    severity: 'note',
    says: 'No shared cache shows itself: each poll of this public channel seems to reach the server.',
    means:
      'With one, any number of pollers cost one request a period (docs/guide/caching.md). It may also hide that it is there: --publish tells.',
    problem: 'shared',
  }
}

/** Polls of a public channel: whether one answer serves many. */
async function examineShared({ path, publish }: Patient): Promise<Finding> {
  const target = path.channelPath({ as: 'poll' }, true)
  const control = field(await path.ask(target), 'cache-control')
  const patterns = ['poll'] as const
  if (!/\bpublic\b/.test(control)) {
    const says = `${path.target.channel} is not public: there is nothing that a cache may share. Name one that is by --channel to see whether one does.`
    return { check, severity: 'note', says }
  }
  const mark = newMark()
  const isPublished = (await publish?.(mark))?.status === 201
  const others = await Promise.all(Array.from({ length: 5 }, () => path.ask(target)))
  const isKept = isPublished && others.some(({ status, body }) => status === 200 && !body.includes(mark))
  const shared = {
    signs: [
      ...new Set(others.flatMap(cacheSigns)),
      ...(isKept ? ['it lacks a message that was published meanwhile, as it may'] : []),
    ],
    maxAge: Number(/max-age=(\d+)/.exec(control)?.[1] ?? 0),
    age: Math.max(...others.map((answer) => Number(field(answer, 'age') || 0))),
  }
  return { check, patterns, seen: { ...shared }, ...judgeShared(shared) }
}

/** What caches on the way do: what they must not keep, and what they may. */
export async function examineCache(
  patient: Patient,
  streamControl: string | undefined,
): Promise<readonly Finding[]> {
  return [
    await examineTags(patient),
    await examineHeaders(patient, streamControl),
    ...(await examineKept(patient)),
    await examineShared(patient),
  ]
}
