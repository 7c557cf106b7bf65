import { createHash } from 'node:crypto'
import type { NewMessage } from '@gamut/protocol'

/** One text for all that a reader gets of a message. Deletions of one key are alike. */
export function messageHash({ data = '', event = '', key = '', id = '', deleted }: NewMessage): string {
  if (deleted) return `deleted:${key}`
  const parts = JSON.stringify([data, event, key, id])
  const name = /"m":"([^"]*)"/.exec(data)?.[1] ?? ''
  // The name is for people who read a violation.
  return `${name}#${createHash('sha256').update(parts).digest('hex').slice(0, 12)}`
}
