import type { Cursor } from '@gamut/protocol'
import type { AppendMessage, AppendOptions, AppendResult } from '@gamut/server'
import { nameOf, pushMessage } from './codec.js'

/** One append that waits for its turn. */
export interface PendingAppend {
  readonly messages: readonly AppendMessage[]
  readonly options: AppendOptions
  resolve(result: AppendResult): void
  reject(error: unknown): void
}

/** One append as arguments of the script. */
export function pushAppend(args: string[], { messages, options }: PendingAppend): void {
  const { publisher, idempotency, close } = options
  args.push(idempotency ? nameOf('a', publisher, idempotency.key) : '', idempotency?.hash ?? '')
  args.push(close ? '1' : '0', String(messages.length))
  for (const message of messages) pushMessage(args, message, publisher)
}

/** What the script says of one append: a refusal, or its cursor, whether it was a repetition, and each message's place. */
export function decodeResult(text: string): AppendResult {
  const [cursor = '', replayed, places] = text.split(' ')
  if (replayed === undefined) return { ok: false, code: text as 'channel_closed' | 'idempotency_conflict' }
  const messages = places
    ? places.split(',').map((place) => {
        const [offset, time, known] = place.split(':')
        return { offset: Number(offset), time: Number(time), replayed: known === '1' }
      })
    : []
  return { ok: true, cursor: cursor as Cursor, messages, replayed: replayed === '1' }
}
