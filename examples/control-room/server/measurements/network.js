// @ts-check
import { readFile } from 'node:fs/promises'

const counters = '/proc/net/dev'

/** Bytes received and sent so far: over real interfaces, and on loopback, which is where the page's own readers are. */
async function readCounters() {
  const totals = { received: 0, sent: 0, loopback: 0 }
  for (const line of (await readFile(counters, 'utf8')).split('\n')) {
    const [, name, numbers] = /^\s*([^\s:]+):\s*(.*)$/.exec(line) ?? []
    if (!name || !numbers) continue
    const fields = numbers.trim().split(/\s+/).map(Number)
    const [received = 0, sent = 0] = [fields[0], fields[8]]
    if (name === 'lo') totals.loopback += received
    else {
      totals.received += received
      totals.sent += sent
    }
  }
  return totals
}

/**
 * Measures the network's traffic since the last call, in bytes a second. Node itself has no counters for that; Linux
 * has a file of them, and elsewhere there is nothing to measure.
 */
export function createNetworkMeter() {
  /** @type {{ at: number, totals: Awaited<ReturnType<typeof readCounters>> } | undefined} */
  let before
  return async () => {
    const after = { at: performance.now(), totals: await readCounters() }
    const seconds = before ? (after.at - before.at) / 1000 : 0
    const rate = (/** @type {'received' | 'sent' | 'loopback'} */ name) =>
      before && seconds > 0
        ? Math.max(0, Math.round((after.totals[name] - before.totals[name]) / seconds))
        : 0
    const value = { received: rate('received'), sent: rate('sent'), loopback: rate('loopback') }
    before = after
    return value
  }
}
