// @ts-check
import { clock, draw } from './view.mjs'

const redrawEveryMs = 200
const plainEveryMs = 10_000

/**
 * Shows a run as it goes: in place on a terminal, else by a line for each fault and one now and then.
 * @param {() => import('./view.mjs').Scene} look
 */
export function openScreen(look) {
  const { stdout } = process
  if (!stdout.isTTY) return openLines(look)
  let lines = 0
  const redraw = () => {
    const text = draw(look())
    const up = lines > 0 ? `\x1b[${lines}A` : ''
    stdout.write(`${up}${text.map((line) => `${line}\x1b[K\n`).join('')}`)
    lines = text.length
  }
  process.once('exit', () => stdout.write('\x1b[?25h'))
  stdout.write('\x1b[?25l')
  redraw()
  const timer = setInterval(redraw, redrawEveryMs)
  return {
    close: () => {
      clearInterval(timer)
      redraw()
    },
  }
}

function openLines(/** @type {() => import('./view.mjs').Scene} */ look) {
  let shown = 0
  let saidMs = 0
  const timer = setInterval(() => {
    const { faults, readers, elapsedMs, acknowledged, phase } = look()
    for (const { atMs, says } of faults.slice(shown)) console.log(`${clock(atMs)}  ${says}`)
    shown = faults.length
    if (elapsedMs - saidMs < plainEveryMs) return
    saidMs = elapsedMs
    const chains = new Set(readers.map(({ chain }) => chain))
    const words = chains.size === 1 ? `all chains ${[...chains][0]}` : 'not all have come as far'
    console.log(`${clock(elapsedMs)}  ${acknowledged} acknowledged, ${words}  ${phase}`)
  }, redrawEveryMs)
  return { close: () => clearInterval(timer) }
}
