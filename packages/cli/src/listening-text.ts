import type { ChannelDefinition } from '@gamut/server'
import { advisorPath } from './advisor-page.js'
import { formatMs } from './format-ms.js'
import { formatRows } from './help.js'
import type { Terminal } from './terminal.js'

/** What the text at the start is made of. */
export interface Listening {
  readonly version: string
  readonly url: string
  /** Who operators are and where they come in, in words; `undefined` where it is who may do everything. */
  readonly operators: string | undefined
  /** Patterns of channels that are traced from the start. */
  readonly trace: readonly string[]
  readonly basePath: string
  readonly channels: Readonly<Record<string, ChannelDefinition>>
  /** Who may do what, in words. */
  readonly door: string
  /** Where channels are kept, in words. */
  readonly kept: string
  readonly workers: number
  /** How to get a credential to try it with, as a line to type; `undefined` where none is needed. */
  readonly credential: string | undefined
  readonly staticPath: string | undefined
  /** Whether the advisor's page is served. */
  readonly hasAdvisor: boolean
  readonly file: string | undefined
}

function describeChannel(definition: ChannelDefinition): string {
  const { keyed, volatile, source, publish, retention } = definition
  const says = [
    source && `computed every ${formatMs(source.everyMs)} while somebody reads`,
    keyed && 'the newest of each key',
    volatile && 'volatile',
    definition.public && 'public',
    !source && publish === 'server' && 'published by the server only',
    retention?.count !== undefined && `keeps ${retention.count} messages`,
    retention?.ageMs !== undefined && `keeps ${formatMs(retention.ageMs)}`,
  ]
  return says.filter((text) => typeof text === 'string').join(', ') || 'a log'
}

/** A channel that a pattern matches. */
function exampleOf(pattern: string): string {
  return pattern
    .split('/')
    .map((segment) => (segment === '*' || segment.startsWith(':') ? 'demo' : segment))
    .join('/')
}

/** Which channels to try: one that can be published to, and one that already has something to read if there is one. */
function examples(channels: Listening['channels']) {
  const all = Object.entries(channels).filter(([pattern]) => !pattern.startsWith('$'))
  const free = all.find(([, { publish, source }]) => publish !== 'server' && !source)
  const exact = all.find(([pattern]) => !/(?:^|\/)(?:\*$|:)/.test(pattern))
  const write = free ? exampleOf(free[0]) : 'hello'
  return { write, isKeyed: Boolean(free?.[1].keyed), read: exact?.[0] ?? write }
}

/** An address that can be asked, for one that stands for all of this machine's. */
function toReachable(url: string): string {
  return url.replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::]:', '//[::1]:')
}

function tryLines(listening: Listening): readonly (readonly [string, string])[] {
  const { basePath, channels, credential } = listening
  const url = toReachable(listening.url)
  const { write, isKeyed, read } = examples(channels)
  const at = (channel: string, query = '') => `${url}${basePath}/channels/${channel}${query}`
  const cliUrl = url === 'http://127.0.0.1:8080' && basePath === '' ? '' : ` --url ${url}${basePath}`
  const curl = credential === undefined ? 'curl' : 'curl -H "Authorization: Bearer $GAMUT_TOKEN"'
  return [
    ...(credential === undefined ? [] : [['credential', credential] as const]),
    ['publish', `${curl} --json '{"text":"hi"}' ${isKeyed ? `'${at(write, '?key=a')}'` : at(write)}`],
    ['poll', `${curl} ${at(read)}`],
    ['long-poll', `${curl} '${at(read, '?as=long-poll')}'`],
    ['SSE', `${curl} -N '${at(read, '?as=sse')}'`],
    ['NDJSON', `${curl} -N '${at(read, '?as=ndjson')}'`],
    ['all five', `npx gamut tail ${read} --transport all${cliUrl}`],
  ]
}

/** What `gamut serve` says when it listens: where, for whom, what it has, and what to try. */
export function listeningText(listening: Listening, terminal: Terminal): string {
  const {
    version,
    url,
    operators,
    trace,
    basePath,
    channels,
    door,
    kept,
    workers,
    staticPath,
    hasAdvisor,
    file,
  } = listening
  const { paint } = terminal
  const rows: (readonly [string, string])[] = [
    ['open to', door],
    ['kept', kept],
    ...(workers === 1 ? [] : [['workers', `${workers} processes share the port`] as const]),
    ...(operators === undefined ? [] : [['operators', operators] as const]),
    ...(trace.length === 0 ? [] : [['traced', `${trace.join(', ')}, for gamut explain`] as const]),
    ...(file === undefined ? [] : [['config', file] as const]),
    ...(staticPath === undefined ? [] : [['page', `${toReachable(url)}/`] as const]),
    ...(hasAdvisor ? [['advisor', `${toReachable(url)}${advisorPath}`] as const] : []),
  ]
  const patterns = Object.entries(channels).map(([pattern, d]) => [pattern, describeChannel(d)] as const)
  return [
    '',
    `  ${paint('bold', 'gamut')} ${paint('dim', version)} listens on ${paint('bold', paint('cyan', `${url}${basePath}`))}`,
    '',
    ...formatRows(rows, (name) => paint('dim', name)),
    ...(patterns.length === 0
      ? []
      : ['', `  ${paint('bold', 'Channels')}`, ...formatRows(patterns, (name) => paint('green', name))]),
    '',
    `  ${paint('bold', 'Try')}`,
    // Lines to copy are never broken, however long they get.
    ...tryLines(listening).map(([name, line]) => `  ${paint('dim', name.padEnd(10))} ${line}`),
    '',
    `  ${paint('dim', 'Ctrl-C ends it; readers are told when to come back.')}`,
    '',
  ].join('\n')
}
