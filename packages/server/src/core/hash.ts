import type { NewMessage } from '@gamut/protocol'
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex } from '@noble/hashes/utils.js'

const encoder = new TextEncoder()

/** SHA-256 over texts, each with its length before it, so that no two lists of texts are the same bytes. */
export function hashTexts(texts: readonly (string | undefined)[]): string {
  const sum = sha256.create()
  for (const text of texts) {
    const bytes = encoder.encode(text ?? '')
    sum.update(encoder.encode(text === undefined ? '-;' : `${bytes.length};`)).update(bytes)
  }
  return bytesToHex(sum.digest())
}

function textsOf({ data, event, key, deleted }: NewMessage): (string | undefined)[] {
  return [data, event, key, deleted ? 'deleted' : undefined]
}

/** What makes two messages of one id the same: the data's bytes, event, key and deletion (PROTOCOL §3). */
export function hashMessage(message: NewMessage): string {
  return hashTexts(textsOf(message))
}

/** The same for a whole publish under one key. */
export function hashAppend(messages: readonly NewMessage[], close: boolean): string {
  return hashTexts([
    ...messages.flatMap((message) => [...textsOf(message), message.id]),
    close ? 'close' : undefined,
  ])
}

/** What a ticket is known by wherever it is kept: nobody can show the ticket who knows only this. */
export function hashTicket(ticket: string): string {
  return hashTexts(['ticket', ticket])
}

/** Whether two secrets are the same, in a time that does not depend on where they differ. */
export function isSameSecret(one: string, other: string): boolean {
  const [a, b] = [sha256(encoder.encode(one)), sha256(encoder.encode(other))]
  return a.reduce((difference, byte, at) => difference | (byte ^ (b[at] ?? 0)), 0) === 0
}
