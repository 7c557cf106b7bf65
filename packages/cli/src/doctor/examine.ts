import { parseJson, type TransportName, transports } from '@gamut/protocol'
import { errorCode } from '../ask-server.js'
import { examineStreams } from './buffering.js'
import { examineCache } from './cache.js'
import { examineClock } from './clock.js'
import { type Finding, type Severity, severities, worse } from './finding.js'
import { type Front, withHidden } from './front.js'
import { examineHost } from './host.js'
import { examineHttp } from './http-version.js'
import { examineIdle } from './idle.js'
import { examineLimits, type Operations } from './limits.js'
import { examineOperators } from './operators.js'
import type { Answer, Path } from './path.js'
import { newMark, type Patient } from './patient.js'
import { reach } from './reach.js'
import { type Setting, settingsFor } from './settings.js'
import { examineSocket } from './websocket.js'

/** How to examine a path. */
export interface ExamineOptions {
  readonly path: Path
  /** How long an event may take, in milliseconds. */
  readonly waitMs: number
  /** How long what is held is kept, in milliseconds. */
  readonly idleMs: number
  /** Whether messages of ours may stand in the channel. */
  readonly mayPublish: boolean
  /** Where operators ask; `isAsked` if whoever examines said so. */
  readonly operations: Operations & { readonly isAsked: boolean }
  /** What is looked at now, for whoever waits. */
  readonly onStep: (says: string) => void
}

/** A finding with what to set, in the server that stands in front first. */
export interface ReportedFinding extends Finding {
  readonly settings: readonly Setting[]
}

/** All that was found, the worst first. */
export interface Examination {
  readonly url: string
  readonly channel: string
  /** Whether messages of ours went through, or only what the server says by itself. */
  readonly published: boolean
  readonly plainMs: number
  readonly front: Front
  /** The worst that was found of each pattern. */
  readonly patterns: Readonly<Record<TransportName, Severity>>
  readonly counts: Readonly<Record<Severity, number>>
  readonly findings: readonly ReportedFinding[]
}

/** Publishes a text on the channel, as who examines. */
function publisher(path: Path): NonNullable<Patient['publish']> {
  return (text) =>
    path.ask(path.channelPath({}), {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(text),
    })
}

function unpublished({ target }: Path, why: string): Finding {
  return {
    check: 'reach',
    severity: 'note',
    says: `Nothing was published on ${target.channel} (${why}). Only what the server says by itself was looked at.`,
  }
}

/** A publish that the server never saw: its refusals have a code. */
function lostPublish({ target }: Path, { status, end, headers }: Answer): Finding {
  const by = headers.get('server')
  const how =
    status === 0 ? `was not answered (${end})` : `was answered HTTP ${status}${by ? ` by ${by}` : ''}`
  return {
    check: 'reach',
    severity: 'fault',
    says: `A publish on ${target.channel} (POST) ${how}, and not by the server.`,
    means: 'Readers of this path can read, and publish nothing but over a WebSocket.',
    todo: 'Let POST and DELETE with a body of 1 MiB through: client_max_body_size in nginx, and no rule of a firewall or method list.',
    seen: { status },
  }
}

/** What the checks work with, and what is to be said of publishing. */
async function makePatient(
  options: ExamineOptions,
  { front, plainMs }: Pick<Patient, 'front' | 'plainMs'>,
): Promise<{ readonly visited: Patient; readonly findings: readonly Finding[] }> {
  const { path, waitMs, idleMs, mayPublish } = options
  const visited = { path, front, plainMs, waitMs, idleMs }
  if (!mayPublish) return { visited, findings: [unpublished(path, '--publish was not given')] }
  const publish = publisher(path)
  const answer = await publish(newMark())
  if (answer.status === 201) return { visited: { ...visited, publish }, findings: [] }
  const code = errorCode(parseJson(answer.body))
  return { visited, findings: [code === undefined ? lostPublish(path, answer) : unpublished(path, code)] }
}

function report(patient: Patient, findings: readonly Finding[]): Examination {
  const { path, front, plainMs, publish } = patient
  const patterns = Object.fromEntries(transports.map((name) => [name, 'ok'])) as Record<
    TransportName,
    Severity
  >
  const counts = Object.fromEntries(severities.map((name) => [name, 0])) as Record<Severity, number>
  for (const { severity, patterns: named = [] } of findings) {
    counts[severity]++
    for (const name of named) patterns[name] = worse(patterns[name], severity)
  }
  const rank = ({ severity }: Finding) => -severities.indexOf(severity)
  return {
    url: path.target.base,
    channel: path.target.channel,
    published: publish !== undefined,
    plainMs: Math.round(plainMs),
    front,
    patterns,
    counts,
    findings: [...findings]
      .sort((one, other) => rank(one) - rank(other))
      .map((finding) => ({
        ...finding,
        settings: finding.problem ? settingsFor(finding.problem, front.names, path.target.basePath) : [],
      })),
  }
}

/** Opens every pattern through a path, one after the other, and says what the path does to it. */
export async function examine(options: ExamineOptions): Promise<Examination> {
  const { path, onStep, operations } = options
  onStep('asking the server')
  const reached = await reach(path)
  const { visited, findings: publishing } = await makePatient(options, reached)
  onStep('opening streams with each Accept-Encoding')
  const streams = await examineStreams(visited)
  const patient = { ...visited, front: withHidden(visited.front, streams.isPadded) }
  onStep('opening a WebSocket')
  const socket = await examineSocket(patient)
  onStep('asking what caches keep')
  const cached = await examineCache(patient, streams.cacheControl)
  const others = [
    ...(await examineHttp(patient)),
    ...(await examineHost(patient, streams.isPadded)),
    await examineClock(patient),
    await examineOperators(patient),
    ...(await examineLimits(operations, operations.isAsked)),
  ]
  const { idleMs } = options
  if (idleMs > 0) onStep(`holding what can be held, in silence for ${Math.round(idleMs / 1000)} s`)
  const idle = idleMs > 0 ? await examineIdle(patient, socket.heartbeatMs) : []
  const findings = [
    ...reached.findings,
    ...publishing,
    ...streams.findings,
    socket.finding,
    ...idle,
    ...cached,
    ...others,
  ]
  return report(patient, findings)
}
