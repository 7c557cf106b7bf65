// @ts-check
import { parseArgs } from 'node:util'
import { preparePeer } from './proof/peer.mjs'
import { runProof } from './proof/run.mjs'
import { prepare } from './system/system.mjs'

const help = `npm run proof -- [--seconds N] [--seed N] [--no-peer]

Readers by a browser and by curl, behind a round-robin nginx in front of two
nodes, while nodes, Redis and the readers' transports are killed, restarted,
promoted and changed. One seed draws one run.

  --seconds N  how long things go wrong, 20 to 450 [90]
  --seed N     repeats a run [random]
  --no-peer    leaves out Socket.IO, which is shown beside it on the same faults
`

process.exitCode = await main().catch((/** @type {Error} */ error) => {
  console.error(error.message)
  return 1
})
// What is still on its way to come back, such as a node, keeps no proof.
process.exit()

async function main() {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string' },
      seed: { type: 'string' },
      'no-peer': { type: 'boolean' },
      help: { type: 'boolean' },
    },
  })
  if (values.help) {
    console.log(help)
    return 0
  }
  const seconds = number('--seconds', values.seconds ?? '90', 20, 450)
  const seed = number('--seed', values.seed ?? `${Math.floor(Math.random() * 1e6)}`, 0, 999_999_999)
  await prepare(['redis', 'nginx', 'chromium', 'curl'])
  console.log('Starting Redis, two nodes, nginx and a browser …')
  const withPeer = !values['no-peer'] && (await preparePeer())
  return runProof({ seconds, seed, withPeer })
}

/**
 * Longer than the greatest `--seconds` would be more messages than a channel keeps, and readers told of that.
 * @param {string} name
 * @param {string} text
 * @param {number} least
 * @param {number} greatest
 */
function number(name, text, least, greatest) {
  if (/^\d{1,9}$/.test(text) && Number(text) >= least && Number(text) <= greatest) return Number(text)
  throw new Error(`${name} is a whole number from ${least} to ${greatest}, and not ${text}`)
}
