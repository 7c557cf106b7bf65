import { cacheSigns } from './cache-signs.js'
import type { Finding } from './finding.js'
import { newMark, type Patient, spell } from './patient.js'
import { watch } from './watch.js'

const check = 'cache'
/** The least that a long-poll can wait, in seconds. */
const waitSeconds = 1
/** The opening of an event stream, with the cursor that it begins after. */
const openingEvent = /event: \$open\n(?:.*\n)*?data: .*"cursor":"([^"]+)".*\n/

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
  const mark = newMark()
  if ((await publish?.(mark))?.status !== 201) return undefined
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
  // One that did not wait was no long-poll when it reached the server.
  if (!isEmpty || first.headMs < waitSeconds * 900) return undefined
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

/** Where an event stream says that it begins, with the stream, which stays open. */
async function opening({ path, waitMs }: Patient, target: string) {
  const stream = await path.open(target, { withinMs: waitMs })
  const watched = stream?.status === 200 ? watch(stream) : undefined
  await watched?.sees(openingEvent, waitMs)
  const [, cursor] = openingEvent.exec(watched?.text() ?? '') ?? []
  return { cursor, close: () => stream?.close() }
}

/** Two streams by one URL, with a message in between, begin at two places: unless one reader was given another's. */
async function examineStream(patient: Patient): Promise<Finding | undefined> {
  const { path, publish } = patient
  const target = path.channelPath({ as: 'sse', cursor: 'newest' }, true)
  const first = await opening(patient, target)
  const isPublished = (await publish?.(newMark()))?.status === 201
  const second = isPublished ? await opening(patient, target) : undefined
  first.close()
  second?.close()
  if (first.cursor === undefined || first.cursor !== second?.cursor) return undefined
  return {
    check,
    patterns: ['sse', 'ndjson'],
    severity: 'fault',
    says: 'A second reader by the same URL was given the stream of the first, from its beginning (no-store).',
    means: `${leaked} Streams stand at an old place, and repeat.`,
    problem: 'cache',
    seen: { cursor: first.cursor },
  }
}

/** What must be kept for nobody: private answers, refusals, and whatever is `no-store`. */
export async function examineKept(patient: Patient): Promise<readonly Finding[]> {
  const findings = [
    await examinePrivate(patient),
    await examineFresh(patient),
    await examineNoStore(patient),
    await examineStream(patient),
  ]
  return findings.filter((finding) => finding !== undefined)
}
