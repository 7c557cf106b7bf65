import type { Load, Ready, WindowResult } from '../load/start-load.ts'
import type { Usage } from '../measure/process-tree.ts'
import type { Running } from '../measure/start-system.ts'

/** A window with what the server used in it. */
export interface Measured extends WindowResult {
  readonly cpuUs: number
}

/** Refuses readers that did not come up. */
export function checkReady(ready: Ready, wanted: number): void {
  if (ready.ready < wanted) throw new Error(`only ${ready.ready} of ${wanted} readers came up`)
}

/** Runs a window and reads the server's CPU at its edges. */
export async function measureWindow(
  load: Load,
  running: Running,
  warm: number,
  seconds: number,
): Promise<Measured> {
  let before: Usage = { cpuUs: 0, rssBytes: 0 }
  let after = before
  const result = await load.run(
    warm,
    seconds,
    () => {
      before = running.usage()
    },
    () => {
      after = running.usage()
    },
  )
  return { ...result, cpuUs: after.cpuUs - before.cpuUs }
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
