// @ts-check
import { lostOf } from './check.mjs'
import { rowsOf } from './reader.mjs'
import { paint, peerTable, readerTable } from './view.mjs'

const shownViolations = 20

/**
 * Who took part in a run.
 * @typedef {object} Cast
 * @property {number} seed
 * @property {number} seconds
 * @property {readonly import('./reader.mjs').Reader[]} readers
 * @property {import('./publisher.mjs').Publisher} publisher
 * @property {import('./peer.mjs').Peer | undefined} peer
 * @property {import('./director.mjs').Director} director
 */

/**
 * Prints what has come out, and gives the exit code.
 * @param {Cast & { run: import('./check.mjs').Run, violations: readonly import('./check.mjs').Violation[] }} options
 */
export function reportRun({ seed, seconds, readers, publisher, peer, director, run, violations }) {
  const lost = lostOf(run)
  const good = violations.length === 0
  const refused = [...publisher.refused.values()].reduce((sum, count) => sum + count, 0)
  // On a terminal it still stands there.
  if (!process.stdout.isTTY) {
    console.log(`\n${readerTable(rowsOf(readers)).join('\n')}`)
    if (peer) console.log(`\n${peerTable(peer.look()).join('\n')}`)
  }
  console.log(
    `\n  ${run.acknowledged.length} messages acknowledged, ${refused} tries repeated by the same key`,
  )
  console.log(`  ${director.faults.length} faults of servers, ${director.flips} changes of transport`)
  console.log(
    `  ${run.log.length} in the log, which itself lost ${lost.length}${lost.length > 0 ? `; who asks for them now is told ${sayNamed(run.named)}` : ''}`,
  )
  for (const { who, rule, says } of violations.slice(0, shownViolations))
    console.log(paint('red', `  ${rule}: ${who}: ${says}`))
  if (violations.length > shownViolations) console.log(`  … and ${violations.length - shownViolations} more`)
  const verdict = good
    ? paint('green', 'nothing lost unsaid, nothing twice, nothing out of order')
    : paint('red', `${violations.length} broken promises`)
  console.log(`\n  ${verdict}\n  npm run proof -- --seconds ${seconds} --seed ${seed}\n`)
  return good ? 0 : 1
}

/** How those who hold a lost message are told. */
function sayNamed(/** @type {ReadonlyMap<string, string>} */ named) {
  /** @type {Map<string, number>} */
  const counts = new Map()
  for (const reason of named.values()) counts.set(reason, (counts.get(reason) ?? 0) + 1)
  return [...counts].map(([reason, count]) => `${reason} (${count})`).join(', ')
}
