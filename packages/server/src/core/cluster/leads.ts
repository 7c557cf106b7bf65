import { type ChannelName, isJsonObject, parseChannelName } from '@gamut/protocol'
import type { Clock } from '../../clock.js'
import { claimAgeMs, sourcesChannel } from '../../own-channels.js'
import { type KeyedChange, KeyedView, type KeyedViewParts } from '../access/keyed-view.js'
import { hashTexts } from '../hash.js'
import { Writes } from '../keyed-writes.js'
import type { Leading } from '../source.js'
import type { Nodes } from './nodes.js'

/** What could not be stored is tried again after so long, in milliseconds. */
const retryMs = 1000

/** A node reads a computed channel, and would compute it. */
export interface Claim {
  readonly node: string
  readonly channel: ChannelName
  /** It computes it and fails: in how many milliseconds it tries again. */
  readonly retryMs?: number
}

/** What claims need of their node. */
export interface LeadsParts extends KeyedViewParts {
  readonly node: string
  readonly clock: Clock
  readonly nodes: Nodes
  /** Another node may compute a channel now, or fails to. */
  readonly onChange: (channel: ChannelName) => void
}

function isClaim(value: unknown): value is Claim {
  if (!isJsonObject(value)) return false
  const { node, channel, retryMs: inMs } = value
  const isRetry = inMs === undefined || typeof inMs === 'number'
  return typeof node === 'string' && parseChannelName(channel).ok && isRetry
}

/**
 * Which node computes a channel. Every node that reads it keeps a key of `$sources`; of those whose node lives, the one
 * with the least hash of node and channel computes it. All see the same keys, so they agree without asking each other,
 * and another takes over as soon as a node's own lease is over (PROTOCOL §2, decision 38).
 */
export class Leads implements Leading {
  readonly #parts: LeadsParts
  readonly #view: KeyedView<Claim>
  readonly #writes: Writes
  /** What this node claims, by channel, as JSON. */
  readonly #wanted = new Map<ChannelName, string>()
  readonly #claims = new Map<ChannelName, Map<string, Claim>>()
  #cancel: (() => void) | undefined

  constructor(parts: LeadsParts) {
    this.#parts = parts
    const read = (value: unknown) => (isClaim(value) ? value : undefined)
    const onChange = (change: KeyedChange<Claim>) => this.#see(change)
    this.#view = new KeyedView({ channel: sourcesChannel, read, onChange }, parts)
    this.#writes = new Writes({
      clock: parts.clock,
      append: async (messages) => (await this.#view.append(messages)).messages,
      onStored: () => {},
      onFailed: () => void parts.wheel.after(retryMs, () => this.#storeAll()),
      onIdle: () => {},
    })
  }

  async start(): Promise<void> {
    await this.#view.start()
    this.#renew()
  }

  stop(): void {
    this.#cancel?.()
    this.#wanted.clear()
    this.#view.stop()
  }

  /** Reads a channel from now on. Resolves when all can know. */
  async claim(channel: ChannelName): Promise<void> {
    await this.#want(channel, undefined)
  }

  /** It is computed, or fails and is tried again in so many milliseconds. */
  report(channel: ChannelName, inMs: number | undefined): void {
    if (this.#wanted.has(channel)) void this.#want(channel, inMs)
  }

  release(channel: ChannelName): void {
    if (!this.#wanted.delete(channel)) return
    void this.#store(channel, null)
  }

  /** Who computes a channel; nothing while nobody is known to read it. */
  leader(channel: ChannelName): Claim | undefined {
    let found: { readonly claim: Claim; readonly rank: string } | undefined
    for (const claim of this.#claims.get(channel)?.values() ?? []) {
      if (!this.#parts.nodes.has(claim.node)) continue
      const rank = hashTexts([claim.node, channel])
      if (!found || rank < found.rank) found = { claim, rank }
    }
    return found?.claim
  }

  isLeader(channel: ChannelName): boolean {
    return this.leader(channel)?.node === this.#parts.node
  }

  /** A node has come or gone. */
  review(): void {
    for (const channel of [...this.#wanted.keys()]) this.#parts.onChange(channel)
  }

  async #want(channel: ChannelName, inMs: number | undefined): Promise<void> {
    const { node } = this.#parts
    const claim: Claim = { node, channel, ...(inMs !== undefined && { retryMs: inMs }) }
    const state = JSON.stringify(claim)
    if (this.#wanted.get(channel) === state) return
    this.#wanted.set(channel, state)
    await this.#store(channel, state)
  }

  /** What fails is tried again. */
  #store(channel: ChannelName, state: string | null): Promise<void> {
    const key = hashTexts([this.#parts.node, channel])
    return this.#writes.put({ key, state, isRenewal: false }).catch(() => {})
  }

  #storeAll(): void {
    for (const [channel, state] of this.#wanted) void this.#store(channel, state)
  }

  #renew(): void {
    this.#storeAll()
    this.#cancel = this.#parts.clock.after(claimAgeMs / 3, () => this.#renew())
  }

  #see({ before, after }: KeyedChange<Claim>): void {
    const claim = after ?? before
    if (!claim) return
    const { node, channel } = claim
    const claims = this.#claims.get(channel) ?? new Map<string, Claim>()
    if (after) claims.set(node, after)
    else claims.delete(node)
    if (claims.size > 0) this.#claims.set(channel, claims)
    else this.#claims.delete(channel)
    // Of a life of this node before: nobody would compute it.
    if (node === this.#parts.node && after && !this.#wanted.has(channel)) void this.#store(channel, null)
    if (this.#wanted.has(channel)) this.#parts.onChange(channel)
  }
}
