import {
  isJsonObject,
  mediaTypeOf,
  mediaTypes,
  type NewMessage,
  parseChannelName,
  parseEvent,
  parseId,
  parseJson,
  parseKey,
  parseNewMessage,
  rawItems,
  rawMembers,
  toOneLine,
} from '@gamut/protocol'
import { type Awaitable, isLater, whenKnown } from '../awaitable.js'
import type { Caller } from '../core/access/caller.js'
import type { Core } from '../core/core.js'
import type { Published, PublishRequest } from '../core/publish.js'
import { toRefusal } from '../core/refusal.js'
import { GamutError } from '../error.js'
import { take } from '../take.js'
import type { Reply } from '../transports/transport.js'
import { readJson, readText } from './body.js'
import type { Call } from './call.js'
import { freshJson, freshText } from './fresh-json.js'
import { identifyWriter } from './identify.js'
import { isFlagSet } from './query.js'
import type { HttpRequest } from './request.js'

function checkJson(text: string): string {
  if (parseJson(text) === undefined) throw new GamutError('body_invalid', 'The body is not JSON.')
  return toOneLine(text.trim())
}

/** One message of a line or a list: a JSON object with data. */
function toMessage(text: string, where: string): NewMessage {
  const fields = parseJson(text)
  if (!isJsonObject(fields))
    throw new GamutError('body_invalid', `${where} is not a JSON object like {"data": …}.`)
  const message = parseNewMessage(text, fields)
  if (message.ok) return message.value
  throw new GamutError(message.code, `${where}: ${message.message}`)
}

function toLines(text: string, most: number): NewMessage[] {
  const lines = text.split('\n')
  const isEmpty = (line: string) => /^[ \t\r]*$/.test(line)
  // Before any is parsed: a body of tiny lines would take long.
  if (lines.filter((line) => !isEmpty(line)).length > most)
    throw new GamutError('too_large', `Publish at most ${most} messages at once.`)
  return lines.flatMap((line, index) => (isEmpty(line) ? [] : [toMessage(line, `Line ${index + 1}`)]))
}

/** The messages that a body holds, by its content type (PROTOCOL §3). */
function toMessages(text: string, { request, target: { query }, core }: Call): NewMessage[] {
  const type = mediaTypeOf(request.header('content-type') ?? '')
  if (type === mediaTypes.ndjson) return toLines(text, core.limits.maxMessagesPerPublish)
  const event = query.get('event')
  const key = query.get('key')
  const named = {
    ...(event !== undefined && { event: take(parseEvent(event)) }),
    ...(key !== undefined && { key: take(parseKey(key)) }),
  }
  if (type === mediaTypes.json) return [{ ...named, data: checkJson(text) }]
  if (type === mediaTypes.text) return [{ ...named, data: JSON.stringify(text) }]
  throw new GamutError(
    'unsupported_media',
    `Publish ${mediaTypes.json}, ${mediaTypes.text} or ${mediaTypes.ndjson}, and say which in Content-Type.`,
  )
}

/** What was stored, as text: neither a channel's name nor a cursor has anything that JSON would escape. */
function publishedReply({ channel, cursor, messages, replayed }: Published): Reply {
  const stored = messages.map(({ offset, time }) => `{"offset":${offset},"time":${time}}`)
  const text = `{"channel":"${channel}","cursor":"${cursor}","messages":[${stored.join(',')}]}`
  return replayed ? freshText(200, text, { 'idempotent-replayed': 'true' }) : freshText(201, text)
}

function idempotencyKey(request: HttpRequest): { idempotencyKey?: string } {
  const key = request.header('idempotency-key')
  return key === undefined ? {} : { idempotencyKey: take(parseId(key)) }
}

/** Notes a publish that is refused before its messages are known, where its channel is traced. */
function noteRefused({ request, target, core }: Call, { identity }: Caller, error: unknown): void {
  const key = parseId(request.header('idempotency-key'))
  const known = key.ok ? key.value : undefined
  core.trace.unpublished(target.channel, identity?.id ?? '', [], known, error)
}

/** What of a request is read once it is known that its caller may publish. */
type ReadBody = (caller: Caller) => Awaitable<Pick<PublishRequest, 'messages' | 'close'>>

/** Appends what is read of a request to the channel of its path. */
async function append(call: Call, read: ReadBody): Promise<Reply> {
  const { request, target, core } = call
  const { channel } = target
  const identified = identifyWriter(call)
  const caller = isLater(identified) ? await identified : identified
  const { identity } = caller
  try {
    const passed = core.gate.pass(caller, 'publish', channel)
    if (isLater(passed)) await passed
    const reading = read(caller)
    const { messages, close } = isLater(reading) ? await reading : reading
    const { address } = request
    const asked = {
      channel,
      messages,
      identity,
      address,
      via: 'request' as const,
      ...(close && { close }),
      ...idempotencyKey(request),
    }
    return publishedReply(await core.publisher.publish(asked))
  } catch (error) {
    if (core.trace.isOn) noteRefused(call, caller, error)
    throw error
  }
}

/** `POST /channels/{channel}`: appends what the body holds, and closes the channel with `?close=true` (PROTOCOL §3). */
export function publish(call: Call): Promise<Reply> {
  const { request, target, core } = call
  const toPublish = (text: string, caller: Caller, close: boolean) => {
    core.tenure.check(caller, [target.channel])
    const messages = close && text === '' ? [] : toMessages(text, call)
    if (messages.length === 0 && !close)
      throw new GamutError('body_invalid', 'There is no message in the body.')
    return { messages, close }
  }
  return append(call, (caller) => {
    const close = isFlagSet(target.query, 'close') ?? false
    const passed = close ? core.gate.pass(caller, 'close', target.channel) : undefined
    return whenKnown(
      whenKnown(passed, () => readText(request, core)),
      (text) => toPublish(text, caller, close),
    )
  })
}

/** `DELETE /channels/{channel}?key=k`: deletes a key of a keyed channel (PROTOCOL §3). */
export function deleteKey(call: Call): Promise<Reply> {
  return append(call, () => ({
    messages: [{ key: take(parseKey(call.target.query.get('key'))), deleted: true }],
  }))
}

interface ListedMessage {
  readonly index: number
  readonly channel: unknown
  readonly toMessage: () => NewMessage
}

function toList({ text, value: body }: Awaited<ReturnType<typeof readJson>>, most: number): ListedMessage[] {
  const list = isJsonObject(body) ? body['messages'] : undefined
  if (!Array.isArray(list)) {
    throw new GamutError('body_invalid', 'The body is {"messages": [{"channel": …, "data": …}]}.')
  }
  // Before any is looked at: nobody is asked yet who may send them.
  if (list.length > most) throw new GamutError('too_large', `Publish at most ${most} messages at once.`)
  return rawItems(rawMembers(text).get('messages') ?? '').map((item, index) => {
    const fields: unknown = list[index]
    return {
      index,
      channel: isJsonObject(fields) ? fields['channel'] : undefined,
      toMessage: () => toMessage(item, `messages[${index}]`),
    }
  })
}

/** The messages of each channel, in the order in which the channels come first. */
function byChannel(list: readonly ListedMessage[]): ReadonlyMap<unknown, readonly ListedMessage[]> {
  const groups = new Map<unknown, ListedMessage[]>()
  for (const one of list) {
    const group = groups.get(one.channel)
    if (group) group.push(one)
    else groups.set(one.channel, [one])
  }
  return groups
}

/** Appends the messages of one channel together, or none of them; gives a result for each. */
async function publishGroup(
  name: unknown,
  group: readonly ListedMessage[],
  caller: Caller,
  address: string,
  core: Core,
): Promise<readonly object[]> {
  try {
    const channel = take(parseChannelName(name))
    await core.gate.pass(caller, 'publish', channel)
    const messages = group.map(({ toMessage }) => toMessage())
    const { identity } = caller
    const published = await core.publisher.publish({ channel, messages, identity, address, via: 'request' })
    const { cursor } = published
    return published.messages.map(({ offset, time, replayed }) => ({
      channel,
      cursor,
      offset,
      time,
      ...(replayed && { replayed }),
    }))
  } catch (thrown) {
    const channel = parseChannelName(name)
    if (channel.ok) core.trace.unpublished(channel.value, caller.identity?.id ?? '', [], undefined, thrown)
    const error = toRefusal(thrown, core).toBody()
    const refused = { ...(typeof name === 'string' && { channel: name }), error }
    return group.map(() => refused)
  }
}

/** `POST /publish`: many messages to many channels, each with a result of its own, in order; atomic per channel (PROTOCOL §3). */
export async function publishMany(call: Call): Promise<Reply> {
  const { request, core } = call
  const caller = await identifyWriter(call)
  const list = toList(await readJson(request, core), core.limits.maxMessagesPerPublish)
  const results: object[] = []
  for (const [name, group] of byChannel(list)) {
    const ofGroup = await publishGroup(name, group, caller, request.address, core)
    for (const [at, { index }] of group.entries()) results[index] = ofGroup[at] ?? {}
  }
  return freshJson(200, { results })
}
