import type { Finding } from './finding.js'
import type { Answer } from './path.js'
import { newMark, type Patient, spell } from './patient.js'

const check = 'cache'
const polls = ['poll', 'long-poll'] as const
/** The least that a long-poll can wait, in seconds. */
const waitSeconds = 1
/** What answers say of who may keep them, and what they depend on (PROTOCOL §4). */
const varies = ['authorization', 'cookie', 'origin', 'accept'] as const

function field(answer: Answer, name: string): string {
  return answer.headers.get(name) ?? ''
}

/** What shows that a cache has answered. */
function cacheSigns(answer: Answer): readonly string[] {
  const age = field(answer, 'age')
  const cached = ['x-cache', 'x-cache-status', 'cf-cache-status', 'cache-status'].filter((name) =>
    /\bhit\b|stale|updating/i.test(field(answer, name)),
  )
  return [
    ...(Number(age) > 0 ? [`Age: ${age}`] : []),
    ...cached.map((name) => `${name}: ${field(answer, name)}`),
    // Varnish names two requests where the second got what the first did.
    ...(/^\d+ \d+$/.test(field(answer, 'x-varnish')) ? [`X-Varnish: ${field(answer, 'x-varnish')}`] : []),
  ]
}

async function examineTags({ path }: Patient): Promise<Finding> {
  const target = path.channelPath({}, true)
  const first = await path.ask(target)
  const tag = field(first, 'etag')
  const means = 'Each poll carries the whole answer again, where 304 and some 200 bytes would do.'
  const fault = { check, patterns: polls, severity: 'warning', means, problem: 'etag' } as const
  if (tag === '')
    return { ...fault, says: 'Polls arrive without the ETag that the server sends.', seen: { etag: null } }
  const second = await path.ask(target, { headers: { 'If-None-Match': tag } })
  const seen = { etag: tag, again: second.status }
  if (second.status === 304)
    return {
      check,
      patterns: polls,
      severity: 'ok',
      says: 'ETag arrives, and If-None-Match is answered 304.',
      seen,
    }
  const hasNews = field(second, 'etag') !== tag
  if (
    second.status === 200 &&
    hasNews &&
    (await path.ask(target, { headers: { 'If-None-Match': field(second, 'etag') } })).status === 304
  )
    return {
      check,
      patterns: polls,
      severity: 'ok',
      says: 'ETag arrives, and If-None-Match is answered 304.',
      seen,
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

const leaked =
  'A cache on the way keeps answers that are for one reader alone, and gives them to whoever asks next.'

/** Asks the same private URL as three readers: what one got must not be given to the next. */
async function examinePrivate({ path }: Patient): Promise<Finding | undefined> {
  if (Object.keys(path.headersOf('own')).length === 0) return undefined
  const target = path.channelPath({}, true)
  const own = await path.ask(target)
  if (own.status !== 200) return undefined
  const strangers = ['none', 'other'] as const
  for (const as of strangers) {
    // Whoever is let in anyway tells nothing.
    const control = await path.ask(path.channelPath({}, true), { as })
    if (control.status === 200) continue
    const again = await path.ask(target, { as })
    if (again.status !== 200) continue
    const whose = as === 'none' ? 'no token' : 'another token'
    return {
      check,
      severity: 'fault',
      says: `An answer to a request with a token was given to one with ${whose}: HTTP 200 where the server says ${control.status}.`,
      means: leaked,
      problem: 'cache',
      seen: { as, status: again.status, control: control.status },
    }
  }
  const refusal = path.channelPath({}, true)
  const before = await path.ask(refusal, { as: 'other' })
  const after = await path.ask(refusal)
  if (before.status >= 400 && after.status === before.status)
    return {
      check,
      severity: 'fault',
      says: `A refusal (HTTP ${before.status}, no-store) was kept, and given to a request that the server lets in.`,
      means: 'Who once came without a token is shut out, and others with them.',
      problem: 'cache',
      seen: { status: after.status },
    }
  return {
    check,
    severity: 'ok',
    says: 'What was answered to a token is given to nobody without it or with another.',
    seen: { control: before.status },
  }
}

/** A message that was published meanwhile must be in the next answer to the same URL. */
async function examineFresh({ path, publish }: Patient): Promise<Finding | undefined> {
  const target = path.channelPath({ last: '1' }, true)
  const first = await path.ask(target)
  const isPublic = /\bpublic\b/.test(field(first, 'cache-control'))
  const mark = newMark()
  if (isPublic || (await publish?.(mark))?.status !== 201) return undefined
  const second = await path.ask(target)
  if (second.status === 200 && second.body.includes(mark)) return undefined
  return {
    check,
    patterns: ['poll'],
    severity: 'fault',
    says: `A private poll (private, no-cache) was answered from a cache: it lacks what was published ${spell(second.at - first.at)} after the first.`,
    means: leaked,
    problem: 'cache',
    seen: { signs: cacheSigns(second) },
  }
}

/** An empty long-poll is `no-store`: asked again by the same URL it must wait again. */
async function examineNoStore({ path, waitMs }: Patient): Promise<Finding | undefined> {
  const query = { as: 'long-poll', wait: String(waitSeconds), cursor: 'newest' }
  const target = path.channelPath(query, true)
  const withinMs = waitSeconds * 1000 + waitMs
  const first = await path.ask(target, { withinMs })
  const second = await path.ask(target, { withinMs })
  const isEmpty = first.status === 200 && first.body.includes('"messages":[]')
  if (!isEmpty) return undefined
  const seen = {
    firstMs: Math.round(first.totalMs),
    secondMs: Math.round(second.totalMs),
    signs: cacheSigns(second),
  }
  if (second.body !== first.body || second.headMs > waitSeconds * 500)
    return {
      check,
      severity: 'ok',
      says: 'no-store is honoured: an empty long-poll waits again when it is asked again.',
      seen,
    }
  return {
    check,
    patterns: ['long-poll'],
    severity: 'fault',
    says: `An empty long-poll (no-store) was kept: the second was answered after ${spell(second.totalMs)}, where it waits for ${waitSeconds} s.`,
    means:
      'Readers that wait are answered with what was, at once and for as long as it is kept: they ask in a loop and get nothing.',
    problem: 'cache',
    seen,
  }
}

/** Polls of a public channel: whether one answer serves many. */
async function examineShared({ path }: Patient): Promise<Finding> {
  const target = path.channelPath({ as: 'poll' }, true)
  const first = await path.ask(target)
  const isPublic = /\bpublic\b/.test(field(first, 'cache-control'))
  const patterns = ['poll'] as const
  if (!isPublic)
    return {
      check,
      severity: 'note',
      patterns,
      says: `Nothing to share: ${path.target.channel} is not public. Name one that is by --channel to see whether a cache answers its polls.`,
    }
  const others = await Promise.all(Array.from({ length: 5 }, () => path.ask(target)))
  const signs = [...new Set(others.flatMap(cacheSigns))]
  const isSame = others.every(({ status, body }) => status === 200 && body === first.body)
  const maxAge = Number(/max-age=(\d+)/.exec(field(first, 'cache-control'))?.[1] ?? 0)
  const ages = others.map((answer) => Number(field(answer, 'age') || 0))
  const seen = { signs, maxAgeS: maxAge, agesS: ages, via: field(first, 'via'), same: isSame }
  if (Math.max(...ages) > maxAge + 2)
    return {
      check,
      severity: 'warning',
      patterns,
      says: `A cache answers polls of this public channel by what is ${Math.max(...ages)} s old, where the server allows ${maxAge} s.`,
      means: 'Whoever polls sees news that much later.',
      problem: 'shared',
      seen,
    }
  if (signs.length > 0)
    return {
      check,
      severity: 'ok',
      patterns,
      says: `A shared cache answers polls of this public channel for everybody (${signs.join(', ')}).`,
      seen,
    }
  return {
    check,
    severity: 'note',
    patterns,
    says: 'No shared cache shows itself: each poll of this public channel seems to reach the server.',
    means:
      'With one, any number of pollers cost one request a period (docs/guide/caching.md). A cache may also hide that it is there.',
    problem: 'shared',
    seen,
  }
}

/** What caches on the way do: what they must not keep, and what they may. */
export async function examineCache(
  patient: Patient,
  streamControl: string | undefined,
): Promise<readonly Finding[]> {
  const findings = [
    await examineTags(patient),
    await examineHeaders(patient, streamControl),
    await examinePrivate(patient),
    await examineFresh(patient),
    await examineNoStore(patient),
    await examineShared(patient),
  ]
  return findings.filter((finding) => finding !== undefined)
}
