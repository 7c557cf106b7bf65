// @ts-check
import { styleText } from 'node:util'

/**
 * What is shown of one reader.
 * @typedef {{ name: string, way: string, received: number, holds: number, chain: string, agrees: boolean, told: readonly string[] }} ReaderRow
 *
 * What is shown of a client of the peer.
 * @typedef {{ name: string, received: number, lost: number, unsaid: number, repeated: number }} PeerRow
 *
 * @typedef {object} Scene
 * @property {number} seed
 * @property {number} elapsedMs
 * @property {number} seconds
 * @property {string} phase
 * @property {number} acknowledged
 * @property {readonly { name: string, up: boolean }[]} parts
 * @property {readonly ReaderRow[]} readers
 * @property {{ acknowledged: number, rows: readonly PeerRow[] } | undefined} peer
 * @property {readonly { atMs: number, says: string }[]} faults
 */

const faultLines = 8

/** @typedef {Parameters<typeof styleText>[0]} Style */

/** Colours a text where the terminal has colours. */
export function paint(/** @type {Style} */ style, /** @type {string} */ text) {
  return styleText(style, text, { stream: process.stdout })
}

/** Minutes and seconds of a run. */
export function clock(/** @type {number} */ ms) {
  const seconds = Math.floor(ms / 1000)
  return `${Math.floor(seconds / 60)}:${`${seconds % 60}`.padStart(2, '0')}`
}

/**
 * All lines of the view, none wider than 80 columns.
 * @param {Scene} scene
 * @returns {string[]}
 */
export function draw(scene) {
  const { seed, elapsedMs, seconds, phase, acknowledged, parts, readers, peer, faults } = scene
  const state = parts.map(({ name, up }) => (up ? paint('green', `● ${name}`) : paint('red', `✗ ${name}`)))
  const latest = faults.slice(-faultLines)
  return [
    `${paint('bold', 'Gamut proof')}  seed ${seed}  ${clock(elapsedMs)} of ${clock(seconds * 1000)}  ${phase}`,
    `${state.join('  ')}  ${acknowledged} acknowledged`,
    '',
    ...readerTable(readers),
    ...(peer ? ['', ...peerTable(peer)] : []),
    '',
    ...latest.map(({ atMs, says }) => `  ${paint('dim', clock(atMs))}  ${says}`),
    ...Array.from({ length: faultLines - latest.length }, () => ''),
  ]
}

/**
 * One line for each reader: its chain is green as long as it is that of all others.
 * @param {readonly ReaderRow[]} readers
 */
export function readerTable(readers) {
  const head = row(['reader', 'now by', 'received', 'holds', 'chain', 'told of a loss'])
  return [
    paint('dim', head),
    ...readers.map(({ name, way, received, holds, chain, agrees, told }) => {
      const [before, after] = row([name, way, `${received}`, `${holds}`, '\0', told.join(', ')]).split(
        '\0       ',
      )
      return `${before}${paint(agrees ? 'green' : 'yellow', chain.padEnd(8))}${after}`
    }),
  ]
}

/** The peer's clients: what was acknowledged and did not come, what of it they were not told, and what came again. */
export function peerTable(/** @type {NonNullable<Scene['peer']>} */ { acknowledged, rows }) {
  const head = peerRow([
    'Socket.IO',
    'received',
    'missing',
    'unsaid',
    'twice',
    `of ${acknowledged} acknowledged`,
  ])
  return [
    paint('dim', head),
    ...rows.map(({ name, received, lost, unsaid, repeated }) => {
      const style = lost + repeated > 0 ? 'red' : 'green'
      const line = peerRow([name, `${received}`, `${lost}`, `${unsaid}`, `${repeated}`, ''])
      return paint(style, line)
    }),
  ]
}

function peerRow(
  /** @type {readonly string[]} */ [name = '', received = '', lost = '', unsaid = '', twice = '', rest = ''],
) {
  const cells = [
    name.padEnd(19),
    received.padStart(8),
    lost.padStart(7),
    unsaid.padStart(6),
    twice.padStart(5),
    rest,
  ]
  return `  ${cells.join('  ')}`.trimEnd()
}

function row(
  /** @type {readonly string[]} */ [name = '', way = '', received = '', holds = '', chain = '', told = ''],
) {
  const cells = [
    name.padEnd(19),
    way.padEnd(12),
    received.padStart(8),
    holds.padStart(6),
    chain.padEnd(8),
    told,
  ]
  return `  ${cells.join('  ')}`.trimEnd()
}
