import type { ChildProcess } from 'node:child_process'
import type { Worker } from 'node:cluster'

interface Handle {
  close(): void
}

/**
 * Closes the connections that were on their way to a worker when it died: `node:cluster` hands over one at a time for each
 * address and forgets it there, so that its client would wait for ever. Closing one that was taken does nothing.
 */
export function closeUntaken(worker: Worker): void {
  const child: ChildProcess = worker.process
  const send = child.send.bind(child) as (...given: unknown[]) => boolean
  const handed = new Map<unknown, Handle>()
  child.send = (message: { readonly key?: string }, handle?: unknown, ...given: unknown[]) => {
    if (handle && typeof handle === 'object' && 'close' in handle) handed.set(message.key, handle as Handle)
    return send(message, handle, ...given)
  }
  worker.once('exit', () => {
    for (const handle of handed.values()) handle.close()
  })
}
