import { errorKinds } from '@gamut/protocol'
import type { ClosedEvent, ReaderEvent } from './reader-event.js'

/** What a connection has said about coming back. */
export interface Verdict {
  note(event: ReaderEvent): void
  /** Whether to come back after this end, and when, if the server said so. */
  after(closed: ClosedEvent): { readonly back: false } | { readonly back: true; readonly afterMs?: number }
}

const finalReasons: ReadonlySet<string> = new Set(['auth', 'revoked'])

function mayRetry(code: string): boolean {
  // A code that is none of ours comes from something between, which may be gone the next time.
  return Object.hasOwn(errorKinds, code) ? errorKinds[code as keyof typeof errorKinds].retry : true
}

/** Weighs the events of one connection (PROTOCOL §7, §10, §13). */
export function createVerdict(): Verdict {
  let final = false
  let afterMs: number | undefined

  return {
    note: (event) => {
      if (event.kind === 'reconnect') afterMs = event.afterMs
      else if (event.kind === 'end') final ||= finalReasons.has(event.reason)
      else if (event.kind === 'error' && event.ref === undefined) {
        final ||= !mayRetry(event.code)
        afterMs = event.retryAfterMs ?? afterMs
      }
    },
    after: ({ status, code = 0 }) => {
      // 204: nothing more to read. 4100 and above: only after something was mended, or never.
      if (final || status === 204 || code >= 4100) return { back: false }
      return afterMs === undefined ? { back: true } : { back: true, afterMs }
    },
  }
}
