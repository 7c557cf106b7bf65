import type { Circumstances, Need } from './need.js'
import type { Pattern } from './pattern.js'

/** One of the things that users do at once: a chat, a badge, a board. */
export interface Use {
  readonly name?: string
  /** Of all users, from 0 to 1, who have it open at once. Default: all. */
  readonly share?: number
  /** Readers that one of them is: tabs that read by themselves, devices. Default: 1. */
  readonly readersPerUser?: number
  /** Readers of one channel, where they are spread over many: rooms, boards. Default: as `need.audience` says. */
  readonly readersPerChannel?: number
  /** Without `readers`, which follow from the users. */
  readonly need?: Need
  /** What differs for this use from those of the plan. */
  readonly circumstances?: Circumstances
  /** Default: as advised. */
  readonly pattern?: Pattern
}

/** How many more users the plan is to carry than there are. */
export interface Growth {
  /** Times as many. */
  readonly factor?: number
  readonly percentPerMonth?: number
  readonly months?: number
}

/** What one machine has. */
export interface NodeSize {
  /** In bytes, or as in `4GiB`. */
  readonly memory?: number | string
  /** One process is for one core. */
  readonly cores?: number
  /** Descriptors that one process may have open (`nofile`). */
  readonly fds?: number
  /** What its network carries. */
  readonly bytesPerSecond?: number
  /** Held connections of one process (`maxConnections`). */
  readonly connections?: number
}

/** What is in front of the nodes: `none` if nothing is. */
export type ProxyKind = 'nginx' | 'caddy' | 'haproxy' | 'none'

/** Proxies in front of the nodes, each on a machine of the same size as a node. */
export interface ProxyPlan {
  readonly kind?: ProxyKind
  /** How many there are. Default: as many as are needed. */
  readonly count?: number
  /** Descriptors that one process of it may have open. */
  readonly fds?: number
  /** Addresses of its own that each has towards the nodes. */
  readonly addresses?: number
  /** Addresses (or ports) by which each node is reached. */
  readonly backendAddresses?: number
}

/** Where users and servers are. */
export interface Regions {
  readonly users?: number
  readonly servers?: number
  /** From a user to the nearest server of the same region and back, in milliseconds. */
  readonly roundTripMs?: number
  /** From one region to another and back, in milliseconds. */
  readonly betweenMs?: number
}

/** Where the logs are kept. */
export type BrokerKind = 'memory' | 'sqlite' | 'redis'

/** The broker that all nodes share. */
export interface BrokerPlan {
  readonly kind?: BrokerKind
  /** Masters of a Redis Cluster. Default: as many as are needed. */
  readonly shards?: number
  /** What the network of one carries. */
  readonly bytesPerSecond?: number
}

/** What `plan` is asked; everything may be left open. */
export interface PlanInput {
  /** At once. */
  readonly users?: number
  /** Default: one use with nothing said. */
  readonly mix?: readonly Use[]
  /** A number: times as many. */
  readonly growth?: number | Growth
  readonly node?: NodeSize
  readonly proxy?: ProxyKind | ProxyPlan
  /** Nodes that may be lost at once without anybody noticing more than a reconnect. */
  readonly redundancy?: number
  readonly regions?: Regions
  readonly broker?: BrokerKind | BrokerPlan
  /** Of all uses. What `proxy` and `regions` say is said there. */
  readonly circumstances?: Circumstances
}
