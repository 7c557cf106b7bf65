import { Page, type Segment } from './page.js'

/**
 * Keeps of each key only the newest message, without encoding any again, and counts the rest in `skipped` (PROTOCOL
 * §9, I13). Messages without a key are all kept, or count as one key where `unkeyed` is `newest`.
 */
export function conflate(page: Page, unkeyed: 'all' | 'newest'): Page {
  const newest = new Map<string | undefined, object>()
  for (const message of page.messages()) newest.set(message.key, message)
  const segments: Segment[] = []
  let kept = 0
  for (const { batch, from, to } of page.segments) {
    for (let index = from; index < to; index++) {
      const message = batch.batch.messages[index]
      const isKept = newest.get(message?.key) === message || (message?.key === undefined && unkeyed === 'all')
      if (!isKept) continue
      kept++
      segments.push({ batch, from: index, to: index + 1 })
    }
  }
  const skipped = page.count - kept
  return skipped === 0 ? page : new Page({ ...page.head, skipped }, segments)
}
