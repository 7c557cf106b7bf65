import { isJsonObject } from '@gamut/protocol'
import type { Clock } from '../../clock.js'
import { nodeAgeMs, nodesChannel } from '../../own-channels.js'
import { version } from '../../version.js'
import { type KeyedChange, KeyedView, type KeyedViewParts } from '../access/keyed-view.js'
import type { Connections } from '../connections.js'
import { within } from '../within.js'

/** How often a node says that it lives, in milliseconds: three times in a lease. */
const renewMs = nodeAgeMs / 3
/** How long a node that ends waits until it has said so, in milliseconds. */
const farewellMs = 1000

/** What a node says of itself. */
export interface NodeRecord {
  readonly node: string
  /** In milliseconds since 1970. */
  readonly started: number
  readonly version: string
  /** Where operators reach it, if it was told. */
  readonly url?: string
  readonly connections: number
  /** Channels that somebody reads there. */
  readonly channels: number
}

/** A node that lives, as another one knows it. */
export interface ListedNode extends NodeRecord {
  /** How long ago it said so, in milliseconds. */
  readonly ageMs: number
}

/** What the nodes need of this one. */
export interface NodesParts extends KeyedViewParts {
  readonly node: string
  readonly url: string | undefined
  readonly clock: Clock
  readonly connections: Connections
  /** Its store is its own memory: there are no others, and nobody to tell. */
  readonly isAlone: boolean
  /** A node has come or gone. */
  readonly onChange: () => void
}

interface Seen {
  readonly record: NodeRecord
  readonly at: number
}

function isRecord(value: unknown): value is NodeRecord {
  if (!isJsonObject(value)) return false
  const { node, started, version: named, url, connections, channels } = value
  return (
    typeof node === 'string' &&
    typeof named === 'string' &&
    (url === undefined || typeof url === 'string') &&
    [started, connections, channels].every((number) => typeof number === 'number')
  )
}

/** Which nodes live: each keeps a key of `$nodes`, whose age is its lease (PROTOCOL §11, §14). */
export class Nodes {
  readonly #parts: NodesParts
  readonly #view: KeyedView<Seen>
  readonly #started: number
  #cancel: (() => void) | undefined
  #isStopped = false
  /** When another node of this name began, of which the log knows. */
  #namesake: number | undefined

  constructor(parts: NodesParts) {
    this.#parts = parts
    this.#started = parts.clock.now()
    this.#view = new KeyedView(
      {
        channel: nodesChannel,
        read: (value) => (isRecord(value) ? { record: value, at: parts.clock.elapsed() } : undefined),
        onChange: (change) => this.#see(change),
      },
      parts,
    )
  }

  /** There is no other node. */
  get isAlone(): boolean {
    return this.#parts.isAlone
  }

  async start(): Promise<void> {
    if (this.isAlone) return
    await this.#view.start()
    void this.#renew()
  }

  /** Says that this node has ended, for so long as that does not hold it up. */
  async stop(): Promise<void> {
    this.#isStopped = true
    this.#cancel?.()
    this.#view.stop()
    if (this.isAlone) return
    const { broker, node, wheel } = this.#parts
    const say = async () => broker.append(nodesChannel, [{ key: node, deleted: true }], { publisher: '' })
    // Its lease ends by itself.
    await within(say(), farewellMs, wheel, 'the end of a node').catch(() => {})
  }

  /** Whether a node lives, as far as this one knows. */
  has(node: string): boolean {
    return node === this.#parts.node || this.#view.get(node) !== undefined
  }

  /** This node and all others that live, by name. */
  list(): ListedNode[] {
    const now = this.#parts.clock.elapsed()
    const own = this.#record()
    const others = [...this.#view.entries()].map(([, { record, at }]) => ({
      ...record,
      ageMs: Math.round(now - at),
    }))
    return [{ ...own, ageMs: 0 }, ...others.filter(({ node }) => node !== own.node)].sort((one, other) =>
      one.node < other.node ? -1 : 1,
    )
  }

  #record(): NodeRecord {
    const { node, url, connections, hub } = this.#parts
    return {
      node,
      started: this.#started,
      version,
      ...(url !== undefined && { url }),
      connections: connections.size,
      channels: hub.channels,
    }
  }

  /** While the store is away there is nothing to be said that the hub does not say: it is tried again in time. */
  async #renew(): Promise<void> {
    if (this.#isStopped) return
    const { node, clock } = this.#parts
    this.#cancel = clock.after(renewMs, () => void this.#renew())
    await this.#view.append([{ key: node, data: JSON.stringify(this.#record()) }]).catch(() => {})
  }

  /** One that died says nothing over what this node said: whoever does lives, and each takes the other for itself. */
  #watchName(before: NodeRecord, after: NodeRecord): void {
    const { node, logger } = this.#parts
    const isOwnReplaced = before.node === node && before.started === this.#started
    if (!isOwnReplaced || after.started === this.#started || after.started === this.#namesake) return
    this.#namesake = after.started
    logger.error({ node }, 'another node has the name of this one: give each node a name of its own')
  }

  #see({ before, after }: KeyedChange<Seen>): void {
    if ((before === undefined) !== (after === undefined)) this.#parts.onChange()
    if (before && after) this.#watchName(before.record, after.record)
  }
}
