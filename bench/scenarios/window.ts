import type { Ready, WindowResult } from '../load/start-load.ts'

/** Refuses readers that did not come up. */
export function checkReady(ready: Ready, wanted: number): void {
  if (ready.ready < wanted) throw new Error(`only ${ready.ready} of ${wanted} readers came up`)
}

/** A run with one loss that nobody was told of, or with a refused request, is a failed run. */
export function checkNothingLost({ lost, missing, closed, wrongStatus }: WindowResult): void {
  const wrong = Object.entries({ lost, missing, closed, wrongStatus }).filter(([, count]) => count > 0)
  if (wrong.length === 0) return
  throw new Error(`failed: ${wrong.map(([name, count]) => `${count} ${name}`).join(', ')}`)
}

/** The same where a server may be late for longer than anybody waits: only holes are a failure. */
export function checkNoHoles(result: WindowResult): void {
  checkNothingLost({ ...result, missing: 0 })
}
