import { formatBytes, formatCount, formatMs } from './explain.js'
import { nodeMemory, targets, usualPorts } from './plan-capacity.js'
import type { PlanQuestion } from './plan-complete.js'
import type { Load } from './plan-load.js'
import type { Reconnects } from './plan-reconnect.js'
import type { Sized, Sizing } from './plan-size.js'
import { serverDefaults } from './server-defaults.js'

/** How requests are handed to the nodes. */
export interface LoadBalancer {
  readonly method: 'round-robin' | 'least-connections'
  readonly because: string
  /** Nothing of a reader is kept at a node: a cursor is good at each. */
  readonly sticky: false
  /** No node counts as gone for what failed: one that refuses costs nothing, the next is asked. */
  readonly maxFails: 0
  readonly connectTimeoutMs: number
  /** Longer than anything is quiet. */
  readonly readTimeoutMs: number
  /** Shorter than the server keeps an idle connection. */
  readonly keepAliveMs: number
  /** Who drains says so there, and gets nobody new. */
  readonly readiness: { readonly path: '/readyz'; readonly everyMs: number }
  /** How long a node that was told to end needs. */
  readonly stopTimeoutMs: number
}

/** One setting, and why. */
export interface PlannedSetting {
  readonly on: 'node' | 'proxy' | 'redis'
  /** `sysctl`, `nofile` as the service has it, an option of the `server` (or Node's), or of the proxy or Redis itself. */
  readonly kind: 'sysctl' | 'limit' | 'server' | 'proxy' | 'redis'
  readonly name: string
  readonly value: string | number
  readonly because: string
}

/** What a long-poll is quiet for at most (PROTOCOL §4). */
const longestWaitMs = 60_000

/** The least power of two that is no less. */
const power = (value: number) => 2 ** Math.ceil(Math.log2(Math.max(1, value)))
const atLeast = (value: number, least: number, most = 2 ** 30) =>
  Math.min(most, Math.max(least, power(value)))

/** How requests are to be handed to the nodes. */
export function balancerOf(load: Load, { redundancy }: PlanQuestion): LoadBalancer {
  const heartbeats = load.uses.map(({ use }) => use.settings.heartbeatMs ?? 0)
  const quietMs = Math.max(longestWaitMs, ...heartbeats.map((ms) => 2 * ms))
  const rotated = formatMs(serverDefaults.maxAgeMs)
  return {
    method: redundancy > 0 ? 'round-robin' : 'least-connections',
    because:
      redundancy > 0
        ? `each stream is replaced after ${rotated}, so a node that is back is filled again by then; the others have room until it is`
        : `no node has room to spare, so one that is back is to be filled at once; in turn it would take ${rotated}`,
    sticky: false,
    maxFails: 0,
    connectTimeoutMs: 2000,
    readTimeoutMs: quietMs * 1.5,
    keepAliveMs: serverDefaults.keepAliveMs - 5000,
    readiness: { path: '/readyz', everyMs: 1000 },
    stopTimeoutMs: 15_000,
  }
}

type Row = readonly [kind: PlannedSetting['kind'], name: string, value: string | number, because: string]
const rows = (on: PlannedSetting['on'], list: readonly Row[]): readonly PlannedSetting[] =>
  list.map(([kind, name, value, because]) => ({ on, kind, name, value, because }))

/** A quarter of the memory in pages of 4 KiB. */
const socketPages = (memory: number) => Math.floor(memory / 4 / 4096)

/** Handshakes that wait at one moment when readers come back within two seconds. */
const backlog = (readers: number) => atLeast(readers / 2, 4096, 65_536)

function ofNode(load: Load, { carrying }: Sized, reconnect: Reconnects, sizing: Sizing): readonly Row[] {
  const { question, calibration } = sizing
  const { node } = question
  const memory = nodeMemory(load, carrying, node.cores, calibration)
  const connections = Math.ceil(load.held / carrying.nodes)
  const waiting = backlog(reconnect.nodeDies.perProcess * node.cores)
  const perProcess = node.memory * targets.memory - memory.system - memory.kernel - memory.slow
  const heapMiB = Math.max(64, Math.floor(perProcess / node.cores / 1024 ** 2))
  const sockets = Math.min(node.connections * 1.5, node.fds - 200)
  const wait = `${formatCount(reconnect.nodeDies.perProcess)} readers come to each process when a node dies; who finds no place asks again after 1, 3, 7 and 15 s`
  return [
    [
      'limit',
      'nofile',
      node.fds,
      `${formatCount(Math.ceil(sockets))} sockets of a process, the log, the broker and files`,
    ],
    ['sysctl', 'net.core.somaxconn', waiting, wait],
    ['sysctl', 'net.ipv4.tcp_max_syn_backlog', waiting, 'the same, for handshakes that are not finished'],
    [
      'sysctl',
      'net.ipv4.tcp_wmem',
      '4096 16384 524288',
      'the third value is what the kernel takes for one reader that reads nothing, 4 MiB by default; tcp_rmem may stay',
    ],
    [
      'sysctl',
      'net.ipv4.tcp_mem',
      [0.5, 0.75, 1].map((part) => Math.floor(part * socketPages(node.memory))).join(' '),
      `a quarter of the memory in pages of 4 KiB; ${formatCount(connections)} readers that all read nothing would ask for ${formatBytes(connections * 524_288)}`,
    ],
    [
      'sysctl',
      'net.netfilter.nf_conntrack_max',
      atLeast(connections * 2, 65_536),
      'where a firewall tracks connections: twice as many as there are, or it drops new ones',
    ],
    ['server', '--workers', node.cores, 'one process for each core'],
    ['server', '--max-connections', node.connections, 'held connections of one process'],
    ['server', '--max-sockets', Math.floor(sockets), 'half as many again: requests and handshakes'],
    [
      'server',
      'NODE_OPTIONS',
      `--max-old-space-size=${heapMiB}`,
      'the share of a process in 80 % of the memory, without what the kernel takes',
    ],
  ]
}

/** What of a proxy is in its own file. */
function ofProxyFile({ node, proxy }: PlanQuestion, nofile: number): readonly Row[] {
  if (proxy.kind === 'haproxy')
    return [
      [
        'proxy',
        'maxconn',
        Math.floor(nofile / 2.2),
        'of readers: each takes two descriptors, and some are for checks',
      ],
    ]
  if (proxy.kind !== 'nginx') return []
  return [
    ['proxy', 'worker_processes', node.cores, 'one for each core'],
    [
      'proxy',
      'worker_rlimit_nofile',
      nofile,
      'two descriptors for each reader of a worker, and a fifth more',
    ],
    ['proxy', 'worker_connections', nofile, 'connections to readers and to nodes count alike'],
  ]
}

/** Ports of a proxy towards nodes, where there are too few or what closes keeps them. */
function ofPorts(load: Load, portsPerPair: number): readonly Row[] {
  const wide: Row[] = [
    [
      'sysctl',
      'net.ipv4.ip_local_port_range',
      '1024 65535',
      'each connection to one address of a node takes a port; by default there are 28,232',
    ],
    [
      'sysctl',
      'net.ipv4.ip_local_reserved_ports',
      '8000,8080',
      'what listens itself above 1023 must not be taken for a connection: put your own ports here',
    ],
  ]
  const reused: Row = [
    'sysctl',
    'net.ipv4.tcp_tw_reuse',
    1,
    'polls that are not kept alive leave a port each for a minute',
  ]
  const polls = load.uses.some(({ flow }) => flow.polls > 0)
  return [...(portsPerPair > usualPorts ? wide : []), ...(polls ? [reused] : [])]
}

function ofProxy(
  load: Load,
  { carrying }: Sized,
  reconnect: Reconnects,
  { question }: Sizing,
): readonly Row[] {
  const machines = Math.max(1, carrying.proxies)
  const descriptors = Math.ceil(load.descriptors.proxy / machines)
  const perProcess = Math.ceil(descriptors / (question.proxy.kind === 'nginx' ? question.node.cores : 1))
  const nofile = Math.max(65_536, power((perProcess + 1024) / targets['proxy-descriptors']))
  const waiting = backlog(reconnect.nodeDies.readers / machines)
  const many = `${formatCount(perProcess)} descriptors of a process: two for each reader`
  const tracked = 'where a firewall tracks connections: twice as many as there are, to readers and to nodes'
  return [
    ['limit', 'nofile', nofile, many],
    ['sysctl', 'net.core.somaxconn', waiting, 'readers of a node that died may shake hands anew here first'],
    ['sysctl', 'net.ipv4.tcp_max_syn_backlog', waiting, 'the same, for handshakes that are not finished'],
    ...ofPorts(load, carrying.portsPerPair),
    ['sysctl', 'net.netfilter.nf_conntrack_max', atLeast(descriptors * 2, 65_536), tracked],
    ...ofProxyFile(question, nofile),
  ]
}

function ofRedis(bytes: number, shards: number): readonly Row[] {
  // A fork for its file doubles what changes meanwhile, and what is kept is not spread evenly.
  const maxmemory = atLeast(((bytes / shards) * 2) / 1024 ** 2, 256)
  return [
    ['redis', 'maxmemory', `${maxmemory}mb`, `twice the ${formatBytes(bytes / shards)} that its logs take`],
    ['redis', 'maxmemory-policy', 'noeviction', 'anything else takes logs away under readers'],
    ['redis', 'appendonly', 'yes', 'or a restart of Redis loses all logs'],
  ]
}

/** Settings of kernels, services, proxies and Redis that a plan asks for, each with its reason. */
export function settingsOfPlan(
  load: Load,
  sized: Sized,
  reconnect: Reconnects,
  logBytes: number,
  sizing: Sizing,
): readonly PlannedSetting[] {
  return [
    ...rows('node', ofNode(load, sized, reconnect, sizing)),
    ...rows('proxy', sized.proxies > 0 ? ofProxy(load, sized, reconnect, sizing) : []),
    ...rows('redis', sizing.broker === 'redis' ? ofRedis(logBytes, sized.carrying.shards) : []),
  ]
}
