import { type ChannelName, type Cursor, isServerChannel, type NewMessage } from '@gamut/protocol'
import { type Awaitable, isLater, whenKnown } from '../awaitable.js'
import {
  type Appended,
  type AppendMessage,
  type AppendOptions,
  type AppendResult,
  type Broker,
  BrokerUnavailable,
} from '../broker/broker.js'
import type { ChannelSettings } from '../channels.js'
import type { Clock } from '../clock.js'
import { GamutError } from '../error.js'
import type { Hooks, Identity } from '../hooks.js'
import type { Limits } from '../options.js'
import type { Via } from '../telemetry/channel-traffic.js'
import type { Logger } from '../telemetry/logger.js'
import { hashOf } from '../telemetry/pollers.js'
import type { Tally } from '../telemetry/tally.js'
import type { Traffic } from '../telemetry/traffic.js'
import type { PublishRate } from './bounds/publish-rate.js'
import { checkData, checkHooked, checkMessage } from './check-message.js'
import { hashAppend, hashMessage } from './hash.js'
import { PatientAppend } from './patient-append.js'
import { RefusalLog } from './refusal-log.js'
import type { Trace } from './trace/trace.js'
import type { Wheel } from './wheel.js'

/** When a publisher shall try again while the broker is away, in milliseconds. */
const brokerRetryMs = 1000

/** One publish to one channel, as far as it is known before its messages are checked. */
export interface PublishRequest {
  readonly channel: ChannelName
  readonly messages: readonly NewMessage[]
  readonly identity: Identity | null
  /** Makes the whole publish repeatable (PROTOCOL §3). */
  readonly idempotencyKey?: string
  readonly close?: boolean
  /** Where it comes from over the network, whose rate is bounded; the application's own is not. */
  readonly address?: string
  /** By which way it comes over the network. */
  readonly via?: Via
}

/** A stored publish. */
export interface Published {
  readonly channel: ChannelName
  readonly cursor: Cursor
  readonly messages: readonly Appended[]
  /** All of it was stored before. */
  readonly replayed: boolean
}

/** What publishing needs of its node. */
export interface PublisherParts {
  readonly broker: Broker
  readonly settings: (channel: ChannelName) => ChannelSettings
  readonly hooks: Hooks
  readonly clock: Clock
  readonly tally: Tally
  readonly traffic: Traffic
  readonly trace: Trace
  readonly wheel: Wheel
  readonly limits: Pick<Limits, 'maxMessagesPerPublish' | 'hookTimeoutMs' | 'publishTimeoutMs'>
  readonly publishRate: PublishRate
  readonly logger: Logger
}

/** A checked publish that only has to be appended. */
export interface PreparedPublish {
  readonly channel: ChannelName
  readonly messages: readonly AppendMessage[]
  readonly options: AppendOptions
  readonly sender?: Sender
}

/** A client that publishes, as traffic counts it. */
interface Sender {
  readonly via: Via
  readonly hash: number
}

/** Checks publishes against limits, definition, schema and hooks, and appends them. */
export class Publisher {
  readonly #parts: PublisherParts

  readonly #appends: PatientAppend

  readonly #refusals: RefusalLog

  constructor(parts: PublisherParts) {
    this.#parts = parts
    this.#appends = new PatientAppend({ ...parts, patienceMs: parts.limits.publishTimeoutMs })
    this.#refusals = new RefusalLog(parts)
  }

  /** Checks and appends. Throws a `GamutError`; nothing of a refused publish is stored. */
  async publish(request: PublishRequest): Promise<Published> {
    const prepared = await this.prepare(request)
    // Awaited here, as an async function that returns a promise waits for it three times as long.
    return await this.append(prepared)
  }

  /** Everything before the append, hooks too. Appends of one sender enter the log in the order of their calls. */
  async prepare(request: PublishRequest): Promise<PreparedPublish> {
    const { channel, identity, idempotencyKey: key, via, address = '' } = request
    const publisher = identity?.id ?? ''
    try {
      const messages = await this.#check(request)
      const idempotency = key !== undefined && {
        idempotency: { key, hash: hashAppend(request.messages, request.close === true) },
      }
      return {
        channel,
        messages,
        options: { publisher, ...idempotency, ...(request.close && { close: true }) },
        ...(via && { sender: { via, hash: hashOf(publisher || address) } }),
      }
    } catch (error) {
      this.#parts.trace.unpublished(channel, publisher, request.messages, key, error)
      throw error
    }
  }

  /** Stores a prepared publish; the broker is called before this returns. */
  async append({ channel, messages, options, sender }: PreparedPublish): Promise<Published> {
    const { clock, trace, traffic } = this.#parts
    const { publisher, idempotency } = options
    const startedAt = clock.elapsed()
    try {
      const appending = this.#append(channel, messages, options)
      const result = isLater(appending) ? await appending : appending
      if (!result.ok) throw refusal(result.code, channel)
      trace.published(channel, publisher, messages, idempotency?.key, result)
      this.#count(channel, result.messages, clock.elapsed() - startedAt)
      const newest = result.messages.at(-1)
      if (newest) traffic.note(channel, newest.offset, messages)
      if (sender) traffic.of(channel).sent(sender.via, messages.length, sender.hash)
      return { channel, cursor: result.cursor, messages: result.messages, replayed: result.replayed }
    } catch (error) {
      trace.unpublished(channel, publisher, messages, idempotency?.key, error)
      throw error
    }
  }

  /** What the server keeps for itself is nobody's publish. */
  #count(channel: ChannelName, messages: readonly Appended[], ms: number): void {
    if (isServerChannel(channel)) return
    const { tally } = this.#parts
    const replayed = messages.filter((message) => message.replayed).length
    tally.counts.gamut_published_total += messages.length - replayed
    tally.counts.gamut_replayed_total += replayed
    tally.observe('gamut_publish_seconds', ms)
  }

  async #check(request: PublishRequest): Promise<readonly AppendMessage[]> {
    const { channel, identity } = request
    const settings = this.#parts.settings(channel)
    const { maxMessagesPerPublish: most } = this.#parts.limits
    if (request.messages.length > most) {
      throw new GamutError('too_large', `Publish at most ${most} messages at once.`)
    }
    for (const message of request.messages) checkMessage(message, settings)
    if (request.address !== undefined)
      this.#parts.publishRate.take(identity, request.address, Math.max(1, request.messages.length))
    const messages: AppendMessage[] = []
    for (const message of request.messages) {
      const admitted = this.#admit(message, request, settings)
      messages.push(isLater(admitted) ? await admitted : admitted)
    }
    return messages
  }

  #append(
    channel: ChannelName,
    messages: readonly AppendMessage[],
    options: AppendOptions,
  ): Awaitable<AppendResult> {
    try {
      const appending = this.#appends.append(channel, messages, options)
      return isLater(appending) ? appending.catch((error) => this.#refuseUnstored(error)) : appending
    } catch (error) {
      return this.#refuseUnstored(error)
    }
  }

  /** Tells whether the broker has stored nothing, and why, or that nobody knows. */
  #refuseUnstored(error: unknown): never {
    this.#refusals.note(error)
    if (error instanceof BrokerUnavailable) {
      const message = `${error.message} Nothing of this was stored: publish it again later.`
      throw new GamutError('broker_unavailable', message, brokerRetryMs)
    }
    throw new GamutError(
      'publish_unknown',
      'It is not known whether this was stored. Publish it again only with the same Idempotency-Key or id.',
      brokerRetryMs,
    )
  }

  #admit(
    message: NewMessage,
    { channel, identity }: PublishRequest,
    settings: ChannelSettings,
  ): Awaitable<AppendMessage> {
    const { hooks } = this.#parts
    return whenKnown(hooks.onPublish?.({ ...message }, { channel, identity }), (hooked) => {
      const admitted = hooked ? checkHooked(hooked) : message
      if (hooked) checkMessage(admitted, settings)
      const { data } = admitted
      const isChecked = data !== undefined && (settings.schema || settings.version)
      const checked = isChecked ? checkData(data, settings, this.#parts) : undefined
      return whenKnown(checked, () => toAppend(admitted, message))
    })
  }
}

/** The hash is of what was sent: a hook that stamps each message anew must not make a retry a conflict. */
function toAppend(admitted: NewMessage, sent: NewMessage): AppendMessage {
  return sent.id === undefined ? admitted : { ...admitted, id: sent.id, hash: hashMessage(sent) }
}

function refusal(code: Extract<AppendResult, { ok: false }>['code'], channel: ChannelName): GamutError {
  if (code === 'channel_closed')
    return new GamutError(code, `"${channel}" is closed for good: publish to another channel.`)
  if (code === 'overloaded')
    return new GamutError(code, 'The server keeps as many channels as it may. Try again later.', 60_000)
  return new GamutError(
    code,
    'This key was used for another message: use a new key for each message, and the same only to repeat it.',
  )
}
