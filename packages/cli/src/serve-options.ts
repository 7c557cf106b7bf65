import { defaultLimits, type Limits } from '@gamut/server'
import type { Option, OptionTable } from './option.js'

/** What each limit does, for the help; a limit without a line here is a type error. */
const limitHelp: Readonly<Record<keyof Limits, string>> = {
  maxConnections: 'connections held at once',
  maxConnectionsPerAddress: 'the same of one address',
  maxSockets: 'sockets at once, before any request',
  maxSocketsPerAddress: 'the same of one address',
  maxSilentSockets: 'sockets that have asked for nothing',
  maxSilentPerAddress: 'the same of one address',
  maxPipelinedRequests: 'requests that wait on one socket',
  maxHeaderBytes: 'head of one request',
  headTimeoutMs: 'how long a request head may take',
  requestTimeoutMs: 'how long a whole request may take',
  keepAliveMs: 'wait for a next request',
  maxFragments: 'fragments of one WebSocket message',
  messageTimeoutMs: 'how long such a message may take',
  frameRate: 'frames a second of one WebSocket',
  maxChannelsPerConnection: 'channels of one stream, socket or poll',
  maxMessageBytes: 'data of one message',
  maxBodyBytes: 'body of one request',
  maxMessagesPerPublish: 'messages of one publish',
  heartbeatMs: 'silence before a heartbeat',
  maxAgeMs: 'age at which a stream is rotated',
  retryMs: 'when a cut-off reader comes back',
  windowBytes: 'recent entries, per channel',
  windowTotalBytes: 'the same for all channels',
  outboxBytes: 'unsent bytes that make a reader full',
  unansweredBytes: 'bytes since the last answered ping that make a WebSocket full',
  stuckMs: 'how long a reader may be full',
  idempotencyWindowMs: 'how long a repeat is recognised',
  idempotencyKeys: 'keys kept for it, per channel',
  publishRate: 'messages a second of one publisher',
  publishBurst: 'messages it may publish at once',
  hookTimeoutMs: 'how long a hook may take',
  maxUnansweredFrames: 'unanswered frames of one WebSocket',
  acceptRate: 'readers a second that come back',
  acceptBurst: 'readers taken at once before that',
  overloadDelayMs: 'event loop delay that is too much',
  overloadMemoryPercent: 'memory that is too much',
  overloadAfterMs: 'how long either must last',
  drainWindowMs: 'how long the end may take',
  traceBytes: 'what the trace for explain keeps',
  revocationMs: 'how long a revocation lasts',
  maxRevocationMs: 'how long it may last at most',
  maxRevocations: 'revocations at once',
  firstLoadMs: 'wait for a source’s first value',
}

function limitOption(name: keyof Limits): Option {
  return {
    kind: 'number',
    placeholder: 'N',
    help: limitHelp[name],
    default: String(defaultLimits[name]),
    group: 'Limits',
    env: true,
  }
}

const limits = Object.fromEntries(
  (Object.keys(defaultLimits) as (keyof Limits)[]).map((name) => [name, limitOption(name)]),
)

/** How much is logged, least first. */
export const logLevels = ['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const

const where = 'Where it listens'
const what = 'What it serves'
const who = 'Who may do what'

/** The options of `gamut serve` that flags and the environment can give; a config file knows them too, and more. */
export const serveOptions: OptionTable = {
  port: {
    kind: 'number',
    placeholder: 'N',
    help: 'port; 0 takes a free one; PORT gives it too',
    default: '8080',
    group: where,
    env: true,
  },
  host: {
    kind: 'text',
    placeholder: 'H',
    help: 'address; 0.0.0.0 for all of this machine',
    default: '127.0.0.1',
    group: where,
    env: true,
  },
  basePath: {
    kind: 'text',
    placeholder: 'P',
    help: 'a path in front of every route, like /realtime',
    group: where,
    env: true,
  },
  origins: {
    kind: 'list',
    placeholder: 'A,B',
    help: 'other origins whose pages may read and publish',
    group: where,
    env: true,
  },
  trustedProxies: {
    kind: 'list',
    placeholder: 'A,B',
    help: 'proxies, as addresses or ranges, that say who asks',
    group: where,
    env: true,
  },
  forwardedHeader: {
    kind: 'text',
    placeholder: 'H',
    help: 'how they say it; or forwarded',
    default: 'x-forwarded-for',
    group: where,
    env: true,
  },
  unlimitedAddresses: {
    kind: 'list',
    placeholder: 'A,B',
    help: 'addresses that no limit counts',
    default: '127.0.0.0/8,::1',
    group: where,
    env: true,
  },
  config: {
    kind: 'text',
    placeholder: 'FILE',
    help: 'config file',
    default: './gamut.config.json or .mjs',
    group: what,
    env: true,
  },
  static: {
    kind: 'text',
    placeholder: 'DIR',
    help: 'a directory whose files are served at /',
    group: what,
    env: true,
  },
  broker: {
    kind: 'text',
    placeholder: 'URL',
    help: 'where channels are kept; memory: is the only one so far',
    default: 'memory:',
    group: what,
    env: true,
  },
  node: {
    kind: 'text',
    placeholder: 'NAME',
    help: 'name of this node, shown to readers',
    default: 'random',
    group: what,
    env: true,
  },
  operationsKey: {
    kind: 'text',
    placeholder: 'KEY',
    help: 'what operators send for /metrics; without it, only this machine may ask',
    group: where,
    env: true,
  },
  jwtSecretFile: {
    kind: 'text',
    placeholder: 'FILE',
    help: 'takes tokens signed with the secret in it, HS256',
    group: who,
    env: true,
  },
  jwks: {
    kind: 'text',
    placeholder: 'URL',
    help: 'takes tokens signed by these keys; a file too',
    group: who,
    env: true,
  },
  jwtIssuer: {
    kind: 'text',
    placeholder: 'ISS',
    help: 'what "iss" of tokens is',
    group: who,
    env: true,
  },
  jwtAudience: {
    kind: 'list',
    placeholder: 'A,B',
    help: 'what "aud" of tokens is, one of these',
    group: who,
    env: true,
  },
  jwtCookie: {
    kind: 'text',
    placeholder: 'NAME',
    help: 'takes a token from this cookie too',
    group: who,
    env: true,
  },
  permissions: {
    kind: 'text',
    placeholder: 'JSON',
    help: 'what tokens without the claim "gamut" allow, like {"read":["chat/*"]}',
    group: who,
    env: true,
  },
  apiKeysFile: {
    kind: 'text',
    placeholder: 'FILE',
    help: 'API keys by name, as "gamut token --new-api-key" prints',
    group: who,
    env: true,
  },
  public: {
    kind: 'flag',
    help: 'everybody who reaches it may read and publish everything',
    group: who,
    env: true,
  },
  trace: {
    kind: 'list',
    placeholder: 'A,B',
    help: 'channels, as patterns, to trace for gamut explain',
    group: what,
    env: true,
  },
  logLevel: {
    kind: 'text',
    placeholder: 'L',
    help: `logs on standard error: ${logLevels.join(', ')}`,
    default: 'warn',
    group: 'Output',
    env: true,
  },
  json: { kind: 'flag', help: 'one JSON line per event in place of text', group: 'Output' },
  ...limits,
}
