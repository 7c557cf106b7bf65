import { type Cursor, cursorOf, rawItems, rawMembers } from '@gamut/protocol'
import type { ReadMessage } from './reader-event.js'

/** Reads a message's JSON text, its data kept byte for byte. Throws on anything else. */
export function readMessage(text: string): ReadMessage {
  const fields = JSON.parse(text)
  const data = rawMembers(text).get('data')
  return {
    offset: fields.offset,
    time: fields.time,
    tag: fields.tag ?? '0',
    ...(data !== undefined && { data }),
    ...(fields.event !== undefined && { event: fields.event }),
    ...(fields.key !== undefined && { key: fields.key }),
    ...(fields.id !== undefined && { id: fields.id }),
    ...(fields.deleted !== undefined && { deleted: fields.deleted }),
  }
}

/** Reads the `messages` of a frame's or an answer's JSON text. */
export function readMessages(object: string): readonly ReadMessage[] {
  return rawItems(rawMembers(object).get('messages') ?? '[]').map(readMessage)
}

/** The position after a message; `after` is any position that it may follow directly. */
export function cursorAfter(after: Cursor, { offset, tag }: ReadMessage): Cursor {
  return cursorOf({ after }, { offset, tag, time: 0 })
}
