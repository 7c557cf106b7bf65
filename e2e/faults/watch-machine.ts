import { setTimeout as delay } from 'node:timers/promises'
import type { Recorder } from './recorder.js'

const everyMs = 100
/** So late, in milliseconds, and what the readers of this process say of times is not the server's doing. */
const busyMs = 500

/** Notes when this process itself did not get to run, until `signal` is aborted. */
export async function watchMachine(recorder: Recorder, signal: AbortSignal): Promise<void> {
  let busy = false
  while (!signal.aborted) {
    const at = recorder.now()
    await delay(everyMs)
    const isBusy = recorder.now() - at > everyMs + busyMs
    // What was late is known only after it.
    if (isBusy !== busy) recorder.add({ kind: 'fault', name: 'busy', where: 'machine', on: isBusy })
    busy = isBusy
  }
  if (busy) recorder.add({ kind: 'fault', name: 'busy', where: 'machine', on: false })
}
