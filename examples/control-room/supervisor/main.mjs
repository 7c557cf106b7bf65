// @ts-check
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { createControl } from './control.mjs'
import { Faults } from './faults.mjs'
import { createFront } from './front.mjs'
import { Node } from './nodes.mjs'

const help = `The control room, with what breaks it on purpose:

  npm start -- [--port N] [--data DIR] [--broker redis://HOST:PORT]

  --port N      where it listens on this machine; PORT gives it too [8080]
  --data DIR    keeps channels there [examples/control-room/data]
  --broker URL  a Redis keeps them: then there are two nodes, one of which can be killed`

/** @returns {never} */
function fail(/** @type {string} */ text, code = 2) {
  console.error(text)
  process.exit(code)
}

function readArguments() {
  const options = /** @type {const} */ ({
    port: { type: 'string', default: process.env['PORT'] || '8080' },
    data: { type: 'string', default: fileURLToPath(new URL('../data', import.meta.url)) },
    broker: { type: 'string' },
    help: { type: 'boolean' },
  })
  try {
    return parseArgs({ options }).values
  } catch (error) {
    return fail(`${Object(error).message}\n\n${help}`)
  }
}

const { port, data, broker, help: isHelp } = readArguments()
if (isHelp) fail(help, 0)
await import('../build.mjs')

const secret = randomBytes(32).toString('hex')
const kept = broker === undefined ? ['--data', data] : ['--broker', broker]
const names = broker === undefined ? ['node-1'] : ['node-1', 'node-2']
const nodes = names.map((name) => new Node(name, { args: [...kept, '--node', name], secret, onChange }))
const faults = new Faults(nodes)
const front = createFront({ nodes, faults, control: createControl(faults, secret) })

function onChange(/** @type {string} */ what, /** @type {Node} */ { name }) {
  faults.note(what, name)
}

/** Ends the nodes, which send their readers away, and gives the code of the first that did not end well. */
async function endAll(/** @type {NodeJS.Signals} */ signal) {
  const codes = await Promise.all(nodes.map((node) => node.end(signal)))
  return codes.find((code) => code !== 0) ?? 0
}

let isEnding = false
for (const signal of /** @type {const} */ (['SIGTERM', 'SIGINT'])) {
  process.on(signal, async () => {
    if (isEnding) return void endAll('SIGKILL')
    isEnding = true
    process.exit(await endAll(signal))
  })
}

front.listen(Number(port), '127.0.0.1')
await once(front, 'listening').catch((/** @type {NodeJS.ErrnoException} */ { code, message }) =>
  fail(
    code === 'EADDRINUSE'
      ? `Another program listens on port ${port}. End it, or take another port: npm start -- --port 8081`
      : `Cannot listen on port ${port}: ${message}. Take another one: npm start -- --port 8081`,
    1,
  ),
)
await Promise.all(nodes.map((node) => node.start())).catch(async ({ code }) => {
  await endAll('SIGTERM')
  fail('The server could not start; what is wrong stands above.', code ?? 1)
})
const at = /** @type {import('node:net').AddressInfo} */ (front.address()).port
console.log(`
  The control room is on http://localhost:${at}/

  kept      ${broker ?? data}
  nodes     ${names.length === 1 ? '1; --broker redis://… has two, of which one can be killed' : names.join(', ')}
  read      curl http://localhost:${at}/channels/chat/operations
  watch     npx gamut tail chat/operations --transport all --url http://localhost:${at}

  Ctrl-C ends it; readers are told when to come back.
`)
