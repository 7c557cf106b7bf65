import type { ChannelName } from '@gamut/protocol'

/** Channels of one bucket share a slot of a Cluster and one epoch; each is in the same bucket for ever. */
export const buckets = 1024

/** How the store's keys are named. */
export class Keys {
  readonly #prefix: string

  constructor(prefix: string) {
    if (!/^[A-Za-z0-9:_.-]{0,64}$/.test(prefix))
      throw new TypeError('prefix must be at most 64 characters of A-Z a-z 0-9 : _ . -')
    this.#prefix = prefix
  }

  /** The bucket of a channel: its number. */
  bucketOf(channel: ChannelName): number {
    let hash = 0x811c9dc5
    for (let index = 0; index < channel.length; index += 1)
      hash = Math.imul(hash ^ channel.charCodeAt(index), 0x01000193) >>> 0
    return hash % buckets
  }

  /** The key of what all channels of a bucket share. Its braces decide the slot. */
  bucket(number: number): string {
    return `${this.#prefix}{${number}}`
  }

  /** The number of the bucket that a topic is of. */
  bucketOfTopic(topic: string): number {
    return Number(topic.slice(topic.indexOf('{') + 1, topic.indexOf('}')))
  }

  /** Where a node probes a bucket's Redis; no channel has such a name. */
  probe(bucket: number, node: string): string {
    return `${this.bucket(bucket)}~${node}`
  }

  isProbe(topic: string): boolean {
    return topic.includes('}~')
  }

  /** What all keys of a channel begin with. No two names give the same, and none leaves it. */
  channel(channel: ChannelName): string {
    return `${this.bucket(this.bucketOf(channel))}${Buffer.from(channel, 'utf8').toString('base64url')}`
  }

  /** Where a channel is announced. */
  topic(channel: ChannelName, scope: string): string {
    return `${this.channel(channel)}${scope}`
  }

  /** The channel that is announced there. */
  nameOf(topic: string): ChannelName {
    const [name = ''] = topic.slice(topic.lastIndexOf('}') + 1).split('@')
    return Buffer.from(name, 'base64url').toString('utf8') as ChannelName
  }
}
