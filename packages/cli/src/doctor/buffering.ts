import { mediaTypes } from '@gamut/protocol'
import { canDecode } from './decode.js'
import type { Finding } from './finding.js'
import type { Stream } from './path.js'
import { lateMs, listOf, newMark, type Patient, spell } from './patient.js'
import { type Watched, watch } from './watch.js'

/** The answers without an end, each with what its opening has in it. */
const kinds = [
  { pattern: 'sse', title: 'SSE', type: mediaTypes.events, mark: 'event: $open' },
  { pattern: 'ndjson', title: 'NDJSON', type: mediaTypes.ndjson, mark: '"type":"open"' },
] as const

type Kind = (typeof kinds)[number]

const encodings = ['none', 'identity', 'gzip', 'br', 'zstd'] as const

/** One stream that was opened with one `Accept-Encoding`. */
interface Probe {
  readonly kind: Kind
  readonly accept: string
  readonly stream: Stream | undefined
  readonly watched: Watched | undefined
  /** Until its opening came, in milliseconds. */
  readonly firstMs: number | undefined
}

/** What became of a published message on one stream. */
interface Delivered extends Probe {
  /** From its publish to its arrival, in milliseconds; `undefined` where it did not come or nothing was published. */
  readonly messageMs: number | undefined
}

/** What was found of streams. */
export interface StreamsExamined {
  readonly findings: readonly Finding[]
  /** Whether the server was told that a proxy stands in between: only then is the start of a stream padded. */
  readonly isPadded: boolean
  /** `Cache-Control` of the streams, as it arrived. */
  readonly cacheControl: string | undefined
}

async function openProbe(patient: Patient, kind: Kind, accept: string): Promise<Probe> {
  const { path, waitMs } = patient
  const headers = accept === 'none' ? {} : { 'Accept-Encoding': accept }
  const stream = await path.open(path.channelPath({ as: kind.pattern }), { headers, withinMs: waitMs })
  if (stream?.status !== 200) return { kind, accept, stream, watched: undefined, firstMs: undefined }
  const watched = watch(stream)
  return { kind, accept, stream, watched, firstMs: await watched.sees(kind.mark, waitMs) }
}

/** Publishes once on all streams that have begun, and waits for it on each. */
async function deliver(patient: Patient, probes: readonly Probe[]): Promise<readonly Delivered[]> {
  const mark = newMark()
  const begun = probes.filter(({ firstMs }) => firstMs !== undefined)
  const publishedAt = performance.now()
  const isPublished = begun.length > 0 && (await patient.publish?.(mark))?.status === 201
  return Promise.all(
    probes.map(async (probe) => {
      const { watched, stream, firstMs } = probe
      if (!isPublished || !watched || !stream || firstMs === undefined)
        return { ...probe, messageMs: undefined }
      const at = await watched.sees(mark, patient.waitMs)
      const messageMs = at === undefined ? Number.POSITIVE_INFINITY : at + stream.askedAt - publishedAt
      return { ...probe, messageMs }
    }),
  )
}

function encodingOf({ stream }: Probe): string | undefined {
  const encoding = stream?.headers.get('content-encoding')
  return encoding === 'identity' ? undefined : encoding
}

function names(probes: readonly Probe[]): string {
  const all = probes.length === encodings.filter(isAsked).length
  return all
    ? 'with every Accept-Encoding'
    : `with Accept-Encoding ${listOf(probes.map(({ accept }) => accept))}`
}

function isAsked(accept: string): boolean {
  return accept === 'none' || accept === 'identity' || canDecode(accept)
}

function largest(times: readonly (number | undefined)[]): number {
  return Math.max(0, ...times.filter((time) => time !== undefined && Number.isFinite(time)).map(Number))
}

function figures(probes: readonly Delivered[]): Record<string, unknown> {
  const round = (ms: number | undefined) => (ms !== undefined && Number.isFinite(ms) ? Math.round(ms) : null)
  return Object.fromEntries(
    probes.map((probe) => [
      probe.accept,
      {
        status: probe.stream?.status ?? 0,
        firstEventMs: round(probe.firstMs),
        messageMs: round(probe.messageMs),
        ...(encodingOf(probe) && { contentEncoding: encodingOf(probe) }),
      },
    ]),
  )
}

const heldBack =
  'Whatever is published waits in the proxy until its buffer is full or the stream ends: readers see nothing for minutes, and the client moves to long-polls.'

type Judged = Omit<Finding, 'check' | 'patterns'>

/** What is no stream at all: another status, or another type. */
function judgeRefused(kind: Kind, probes: readonly Delivered[]): Judged | undefined {
  const refused = probes.filter(({ stream }) => stream !== undefined && stream.status !== 200)
  const [first] = refused
  if (first?.stream)
    return {
      severity: 'fault',
      says: `${kind.title} is answered HTTP ${first.stream.status} ${names(refused)}.`,
      means: 'A browser’s EventSource gives up for ever on any status but 200.',
      todo: 'Ask the same URL at the server itself: what refuses it is on the way if that answers 200.',
    }
  const types = probes.flatMap(({ stream }) => (stream ? [stream.headers.get('content-type') ?? 'none'] : []))
  const other = types.find((type) => !type.includes(kind.type))
  if (other === undefined) return undefined
  return {
    severity: 'fault',
    says: `${kind.title} is answered with another type: ${other}.`,
    means: 'No stream opens on this path.',
    todo: 'Pass the query of a request on as it is, and let no cache give the answer of one URL to another.',
  }
}

/** What is wrong with the streams of one kind, if anything; the worst first. */
function judge(patient: Patient, kind: Kind, probes: readonly Delivered[]): Judged {
  const refused = judgeRefused(kind, probes)
  if (refused) return refused
  const silent = probes.filter(({ firstMs }) => firstMs === undefined)
  const within = spell(patient.waitMs)
  const fault = (says: string) =>
    ({ severity: 'fault', says, means: heldBack, problem: 'buffering' }) as const
  if (silent.length > 0)
    return fault(
      `${kind.title}: no event came within ${within} ${names(silent)}; a plain request takes ${spell(patient.plainMs)}.`,
    )
  const lost = probes.filter(({ messageMs }) => messageMs === Number.POSITIVE_INFINITY)
  if (lost.length > 0)
    return fault(
      `${kind.title} begins, and a message published then did not come within ${within} ${names(lost)}.`,
    )
  const slowest = largest(probes.flatMap(({ firstMs, messageMs }) => [firstMs, messageMs]))
  const plain = spell(patient.plainMs)
  if (slowest > lateMs(patient))
    return {
      severity: 'warning',
      says: `${kind.title}: an event took ${spell(slowest)}, where a plain request takes ${plain}.`,
      means: 'Something on the way gathers before it passes on.',
      problem: 'buffering',
    }
  const message = largest(probes.map(({ messageMs }) => messageMs))
  const then = message > 0 ? `, a message at most ${spell(message)} after its publish began` : ''
  return {
    severity: 'ok',
    says: `${kind.title}: the first event came within ${spell(largest(probes.map(({ firstMs }) => firstMs)))} ${names(probes)}${then}; a plain request takes ${plain}.`,
  }
}

function judgeCompression(probes: readonly Delivered[]): Finding {
  const packed = probes.filter((probe) => encodingOf(probe) !== undefined)
  if (packed.length === 0) {
    const isSeen = probes.every(({ stream }) => stream !== undefined)
    const says = `No stream ${isSeen ? '' : 'whose head came '}is compressed on the way.`
    return { check: 'compression', severity: isSeen ? 'ok' : 'note', says }
  }
  const patterns = kinds.filter((kind) => packed.some((probe) => probe.kind === kind))
  const by = [...new Set(packed.map((probe) => String(encodingOf(probe))))]
  const isHeld = packed.some(
    ({ firstMs, messageMs }) => firstMs === undefined || messageMs === Number.POSITIVE_INFINITY,
  )
  return {
    check: 'compression',
    severity: 'warning',
    patterns: patterns.map(({ pattern }) => pattern),
    says: `${listOf(patterns.map(({ title }) => title))} streams are compressed on the way (${listOf(by)}), although they say no-transform.`,
    means: isHeld
      ? 'What compresses them holds events back until it has enough of them.'
      : 'They come at once now, but each reader costs the proxy a compressor (some 260 KB for gzip), and what gathers before it flushes holds events back.',
    seen: { encodings: by },
    problem: 'compression',
  }
}

/** How soon events come by SSE and NDJSON, with each `Accept-Encoding`, against a plain request. */
export async function examineStreams(patient: Patient): Promise<StreamsExamined> {
  const accepts = encodings.filter(isAsked)
  const opened = await Promise.all(
    kinds.flatMap((kind) => accepts.map((accept) => openProbe(patient, kind, accept))),
  )
  const probes = await deliver(patient, opened)
  for (const { stream } of probes) stream?.close()
  const findings = kinds.map((kind): Finding => {
    const own = probes.filter((probe) => probe.kind === kind)
    return { check: 'buffering', patterns: [kind.pattern], seen: figures(own), ...judge(patient, kind, own) }
  })
  const [sse] = probes
  return {
    findings: [...findings, judgeCompression(probes)],
    isPadded: probes.some(({ watched }) => watched?.text().startsWith(':') === true),
    cacheControl: sse?.firstMs === undefined ? undefined : (sse.stream?.headers.get('cache-control') ?? ''),
  }
}
