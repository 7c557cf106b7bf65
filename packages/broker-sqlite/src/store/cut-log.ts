import { type LogState, newTag } from './log-state.js'

/**
 * Ends a log before a damaged entry: what follows it is no longer its exact suffix, so it goes too, and readers past it
 * are told `diverged`. Says what was done.
 */
export function cutLog(state: LogState, position: number): string {
  const { row, context, channel } = state
  const { statements } = context
  state.touch()
  const cut = row.head - position + 1
  for (const { number, messages, places } of [...statements.allSeen(row.id)]) {
    const isLost = (JSON.parse(messages) as { offset: number }[]).some(({ offset }) => offset >= position)
    if (!isLost) continue
    statements.deleteSeen(number)
    row.seen -= 1
    row.places -= places
  }
  statements.deleteKeysFrom(row.id, position)
  statements.deleteEntriesFrom(row.id, position)
  row.head = position - 1
  row.headTag = row.head === row.base ? row.baseTag : (statements.entry(row.id, row.head)?.tag ?? 0)
  row.bytes = statements.sumAfter(row.id, row.base)?.bytes ?? 0
  row.keys = statements.countKeys(row.id)?.keys ?? 0
  // The positions are used again, for other messages.
  state.tag = newTag()
  return `Entry ${position} of channel ${channel} is damaged on disk: its log now ends before it, without ${cut} entries, and readers past it get a gap.`
}

/** Takes a key out of the map, and its damaged entry from the file. */
export function forgetKey(state: LogState, key: string, position: number): void {
  const { row, context } = state
  state.touch()
  context.statements.deleteKey(row.id, key)
  context.statements.deleteEntry(row.id, position)
  row.keys -= 1
}
