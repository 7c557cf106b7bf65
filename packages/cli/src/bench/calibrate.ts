import { cpus, release, type } from 'node:os'
import { type Calibration, nodeCalibration, type Work, wakeShare } from '@gamut/advisor'
import { startChild } from './child.js'
import { type Experiment, runExperiment, type Seen } from './experiment.js'
import type { LoadPlan } from './plan.js'

const never = 3_600_000
/** Sizes of messages between which the price of a kilobyte is told. */
const [small, large] = [120, 4120]

const readers: Omit<LoadPlan, 'port' | 'pattern'> = {
  readers: 1000,
  perUser: false,
  readingMs: never,
  pollAfterMs: 1000,
  waitMs: 60_000,
  keepAliveMs: 65_000,
  opensMs: 2000,
  updatesPerSecond: 0,
  sendsPerSecond: 0,
  messageBytes: small,
  onlySends: false,
}

type Given = Partial<LoadPlan> & { readonly perSecond?: number; readonly heartbeatMs?: number }

/** An experiment with what is given, and nothing else going on. */
const experiment = (given: Given, seconds: number): Experiment => {
  const { perSecond = 0, heartbeatMs = 60_000, ...load } = given
  const plan = { ...readers, pattern: 'sse' as const, updatesPerSecond: perSecond, ...load }
  const channels = plan.perUser ? plan.readers : 1
  return {
    load: plan,
    publishing: { perSecond, channels, messageBytes: plan.messageBytes },
    heartbeatMs,
    seconds,
  }
}

/** What is looked at, each by itself; the prices follow from their differences. */
const experiments = {
  polls: { pattern: 'poll', readers: 4000 },
  fewPolls: { pattern: 'poll', readers: 800 },
  seldomPolls: { pattern: 'poll', readers: 400, pollAfterMs: 2000 },
  answers: { pattern: 'poll', readers: 1000, perSecond: 5 },
  fullAnswers: { pattern: 'poll', readers: 1000, perSecond: 50 },
  held: { pattern: 'long-poll', readers: 500, perSecond: 5 },
  posts: { pattern: 'request', readers: 200, onlySends: true, sendsPerSecond: 5 },
  sse: { perSecond: 10 },
  sseLarge: { perSecond: 10, messageBytes: large },
  websocket: { pattern: 'websocket', perSecond: 10 },
  frames: { pattern: 'websocket', readers: 200, perUser: true, sendsPerSecond: 5 },
  opensRequest: { pattern: 'request', readers: 500, readingMs: 1000 },
  opensSse: { readers: 500, readingMs: 1000 },
  opensWebsocket: { pattern: 'websocket', readers: 500, readingMs: 1000 },
  heartbeats: { readers: 6000, heartbeatMs: 1000 },
  socketHeartbeats: { pattern: 'websocket', readers: 6000, heartbeatMs: 1000 },
  idlePolls: { pattern: 'poll', readers: 6000, pollAfterMs: 50_000 },
  longPolls: { pattern: 'long-poll', readers: 6000 },
  channels: { readers: 4000, perUser: true },
} as const satisfies Readonly<Record<string, Given>>

/** What each experiment saw. */
export type All = Readonly<Record<keyof typeof experiments, Seen>>

const plus = (a: Work, b: Work, times = 1): Work => ({
  user: Math.max(0, a.user + b.user * times),
  kernel: Math.max(0, a.kernel + b.kernel * times),
})
const per = ({ user, kernel }: Work, count: number): Work => ({ user: user / count, kernel: kernel / count })
const rounded = ({ user, kernel }: Work): Work => ({ user: round(user), kernel: round(kernel) })
const round = (value: number) => Number(value.toPrecision(3))

/** What part of a wake each of what was asked for took, where it came one by one. */
const shareOf = ({ requests, user, kernel }: Seen, each = requests) =>
  wakeShare(each, (user + kernel) / 1e6, nodeCalibration.pauseMs)

/**
 * A poll that brings nothing, and what a pause before it adds: the line that polls at several paces lie on, by least
 * squares of what it is off as a share of what was seen.
 */
function emptyAnswerOf({ polls, fewPolls, seldomPolls }: All) {
  const points = [polls, fewPolls, seldomPolls].map((seen) => {
    const each = per(seen, seen.requests)
    return { ...each, share: shareOf(seen), weight: (each.user + each.kernel) ** -2 }
  })
  const mean = (of: (point: (typeof points)[number]) => number) =>
    points.reduce((sum, point) => sum + point.weight * of(point), 0) /
    points.reduce((sum, { weight }) => sum + weight, 0)
  const share = mean((point) => point.share)
  const spread = mean((point) => (point.share - share) ** 2)
  const rise = (part: keyof Work) => mean((point) => (point.share - share) * point[part]) / spread
  const wake = { user: Math.max(0, rise('user')), kernel: Math.max(0, rise('kernel')) }
  const middle = { user: mean(({ user }) => user), kernel: mean(({ kernel }) => kernel) }
  return { wake, emptyAnswer: plus(middle, wake, -share) }
}

/** Prices of work, in microseconds, from what each experiment took beyond what is priced already. */
function pricesOf(seen: All, append: Work): Calibration['work'] {
  const { wake, emptyAnswer } = emptyAnswerOf(seen)
  const each = (
    name: keyof All,
    count: keyof Seen & ('requests' | 'received' | 'connects' | 'sent'),
    turns = seen[name][count],
  ) => {
    const total = plus(seen[name], wake, -turns * shareOf(seen[name], turns))
    return per(total, seen[name][count])
  }
  const perAnswer = (name: 'answers' | 'fullAnswers') => ({
    work: each(name, 'requests'),
    messages: seen[name].received / seen[name].requests,
  })
  const [few, many] = [perAnswer('answers'), perAnswer('fullAnswers')]
  const answeredMessage = per(plus(many.work, few.work, -1), many.messages - few.messages)
  const answer = plus(few.work, answeredMessage, -few.messages)
  const held = plus(each('held', 'requests', experiments.held.perSecond), answer, -1)
  const delivered = (name: 'sse' | 'sseLarge' | 'websocket') =>
    each(name, 'received', experiments[name].perSecond)
  const [sse, websocket] = [delivered('sse'), delivered('websocket')]
  const kilobyte = per(plus(delivered('sseLarge'), sse, -1), (large - small) / 1000)
  const ofSize = (work: Work) => plus(work, kilobyte, -small / 1000)
  return {
    ...nodeCalibration.work,
    emptyAnswer,
    answer,
    answeredMessage,
    held: plus(held, answeredMessage, -seen.held.received / seen.held.requests),
    post: plus(each('posts', 'sent'), append, -1),
    frame: plus(plus(each('frames', 'sent'), append, -1), websocket, -1),
    append,
    delivery: { sse: ofSize(sse), websocket: ofSize(websocket) },
    kilobyte,
    open: {
      request: plus(plus(each('opensRequest', 'connects'), answer, -1), answeredMessage, -1),
      sse: plus(each('opensSse', 'connects'), sse, -1),
      websocket: plus(each('opensWebsocket', 'connects'), websocket, -1),
    },
    heartbeat: per(seen.heartbeats, experiments.heartbeats.readers),
    wake,
  }
}

function bytesOf(seen: All): Calibration['bytes'] {
  const { bytes } = nodeCalibration
  const down = (name: keyof All, count: 'requests' | 'received' | 'connects') =>
    seen[name].down / seen[name][count]
  const perAnswer = (name: 'answers' | 'fullAnswers') => ({
    bytes: down(name, 'requests'),
    messages: seen[name].received / seen[name].requests,
  })
  const [few, many] = [perAnswer('answers'), perAnswer('fullAnswers')]
  const each = (many.bytes - few.bytes) / (many.messages - few.messages)
  const heads = {
    request: Math.round(seen.polls.up / seen.polls.requests),
    first: Math.round(seen.opensRequest.up / seen.opensRequest.requests),
    empty: Math.round(down('polls', 'requests')),
    answer: Math.round(few.bytes - each * few.messages - bytes.aroundAnswer),
  }
  const around = {
    answer: Math.round(each - small),
    sse: Math.round(down('sse', 'received') - small),
    websocket: Math.round(down('websocket', 'received') - small),
  }
  const opening = (name: 'opensSse' | 'opensWebsocket', aroundMessage: number) => ({
    down: Math.round(down(name, 'connects') - small - aroundMessage),
    up: Math.round(seen[name].up / seen[name].connects),
  })
  return {
    ...bytes,
    heads: { ...bytes.heads, 1.1: heads },
    open: {
      sse: opening('opensSse', around.sse),
      websocket: opening('opensWebsocket', around.websocket),
    },
    posted: Math.round(seen.posts.down / seen.posts.sent),
    frame: {
      down: Math.round(seen.frames.down / seen.frames.sent - small - around.websocket),
      up: Math.round(seen.frames.up / seen.frames.sent - small),
    },
    around,
    heartbeat: {
      sse: Math.round(seen.heartbeats.down / experiments.heartbeats.readers),
      websocket: Math.round(seen.socketHeartbeats.down / experiments.socketHeartbeats.readers),
    },
  }
}

/** Beside the connection, and what the memory broker keeps: a message and its log. */
function channelBytesOf({ channels }: All, { sse }: Calibration['memory']): number {
  const { message, channel } = nodeCalibration.log.memory
  return Math.max(0, Math.round(channels.memory / channels.connections - sse - channel - message - small))
}

function memoryOf(seen: All): Calibration['memory'] {
  const each = (name: keyof All) => Math.round(seen[name].memory / seen[name].connections)
  return {
    ...nodeCalibration.memory,
    idle: each('idlePolls'),
    'long-poll': each('longPolls'),
    sse: each('heartbeats'),
    websocket: each('socketHeartbeats'),
    kernel:
      Math.max(0, Math.round(seen.heartbeats.kernelMemory / seen.heartbeats.connections)) ||
      nodeCalibration.memory.kernel,
  }
}

/** Everything but the append, which is measured in the server itself. */
export function calibrationOf(
  seen: All,
  append: Work,
): Pick<Calibration, 'work' | 'bytes' | 'memory' | 'process'> {
  const memory = memoryOf(seen)
  return {
    work: roundAll(pricesOf(seen, append)),
    bytes: bytesOf(seen),
    memory,
    process: { ...nodeCalibration.process, channelBytes: channelBytesOf(seen, memory) },
  }
}

/** Every work in it with three digits. */
function roundAll<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null) return value
  if ('user' in value) return rounded(value as unknown as Work) as Value
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, roundAll(each)])) as Value
}

async function appendWork(): Promise<Work> {
  const server = await startChild('measured-server', { perUser: false, heartbeatMs: 60_000 })
  try {
    await server.ask({ do: 'append', count: 20_000, bytes: small })
    return await server.ask<Work>({ do: 'append', count: 20_000, bytes: small })
  } finally {
    await server.end()
  }
}

/**
 * Measures what things cost on this machine with this runtime, in about two minutes; what cannot be measured here, a
 * proxy, TLS and networks, keeps its usual values. `say` is told of each step.
 */
export async function calibrate(seconds: number, say: (line: string) => void): Promise<Calibration> {
  say('append')
  const append = await appendWork()
  const seen: Partial<Record<keyof All, Seen>> = {}
  for (const [name, given] of Object.entries(experiments) as [keyof All, Given][]) {
    say(name)
    seen[name] = await runExperiment(experiment(given, seconds))
  }
  return {
    ...nodeCalibration,
    machine: `${cpus()[0]?.model.trim() ?? 'unknown'}, ${cpus().length} cores, ${type()} ${release()}`,
    date: new Date().toISOString().slice(0, 10),
    runtime: `Node ${process.versions.node}`,
    ...calibrationOf(seen as All, append),
  }
}
