import { formatCount } from './explain.js'
import type { Resource } from './plan-capacity.js'

/** What each resource is called. */
export const resourceNames: Readonly<Record<Resource, string>> = {
  core: 'the core of a process',
  memory: 'the memory of a node',
  descriptors: 'the descriptors of a process',
  connections: 'the connections of a process',
  bandwidth: 'the network of a node',
  'proxy-core': 'the cores of a proxy',
  'proxy-memory': 'the memory of a proxy',
  'proxy-descriptors': 'the descriptors of a proxy',
  ports: 'the ports from a proxy to a node',
  'broker-core': 'the core of the broker',
  'broker-bandwidth': 'the network of the broker',
}

/** What lifts each limit. */
export const lifts: Readonly<Record<Resource, string>> = {
  core: 'more nodes',
  memory: 'more nodes, or ones with more memory',
  descriptors: 'a higher LimitNOFILE, or more nodes',
  connections: 'a higher --max-connections as far as core and memory go, or more nodes',
  bandwidth: 'a faster network, or more nodes',
  'proxy-core': 'one more proxy, or one with more cores',
  'proxy-memory': 'one more proxy, or one with more memory',
  'proxy-descriptors': 'a higher LimitNOFILE of the proxy',
  ports: 'ip_local_port_range 1024 65535, more addresses of a node, or one more proxy',
  'broker-core': 'a Redis Cluster with more masters (one channel stays on one of them)',
  'broker-bandwidth': 'a faster network at Redis, or a Cluster with more masters',
}

/** So many of something. */
export const countOf = (count: number, one: string, many: string) =>
  `${formatCount(count)} ${count === 1 ? one : many}`
/** A figure of which three digits are told, and what is tiny is told as that. */
export const rough = (value: number) =>
  value > 0 && value < 0.001 ? '<0.001' : formatCount(Number(value.toPrecision(3)))
/** A part of a whole. */
export const percent = (part: number) => `${formatCount(Number((part * 100).toPrecision(2)))} %`
