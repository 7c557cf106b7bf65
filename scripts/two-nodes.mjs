// @ts-check
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { newFolder, stopAll } from './system/processes.mjs'
import { portFrom, prepare, roundRobin, startFront, startNode, startRedis } from './system/system.mjs'

/** @typedef {import('./system/processes.mjs').Program} Program */

const wanted = { front: 8000, 'node-1': 8001, 'node-2': 8002, redis: 6390 }
const againMs = 5000

/** All that was started. @type {Program[]} */
const programs = []
const folder = newFolder('two-nodes')
/** Set below. @type {(code: number) => void} */
let end = () => {}
/** @type {Promise<number>} */
const asked = new Promise((resolve) => {
  end = resolve
})
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) process.on(signal, () => end(0))

process.exitCode = await start()
  .then(() => asked)
  .catch((/** @type {Error} */ error) => {
    console.error(error.message)
    return 1
  })
await stopAll(programs)
// A node that is to come back in a moment would keep the process.
process.exit()

async function start() {
  await prepare(['redis', 'nginx'])
  const ports = await findPorts()
  keep(await startRedis({ name: 'redis', port: ports.redis, folder: join(folder, 'redis') }))
  const redis = `redis://127.0.0.1:${ports.redis}`
  const names = /** @type {const} */ (['node-1', 'node-2'])
  const nodes = []
  for (const name of names) nodes.push(await keepNode({ name, port: ports[name], redis }))
  const servers = await roundRobin(ports.front, [ports['node-1'], ports['node-2']])
  keep(await startFront({ port: ports.front, folder: join(folder, 'nginx'), servers }))
  console.log(invitation(ports, nodes))
}

async function findPorts() {
  const taken = new Set(Object.values(wanted))
  const ports = { ...wanted }
  for (const name of /** @type {(keyof typeof wanted)[]} */ (Object.keys(wanted))) {
    taken.delete(wanted[name])
    ports[name] = await portFrom(wanted[name], taken)
    if (ports[name] !== wanted[name])
      console.log(`Port ${wanted[name]} is taken, so ${name} has ${ports[name]}.`)
  }
  return ports
}

/** Redis and nginx are there once: without them all of it ends. */
function keep(/** @type {Program} */ program) {
  programs.push(program)
  void program.ended.then(({ code, signal }) => {
    if (program.expected()) return
    console.error(
      `${program.name} ended (${signal ?? code}), so all of it does. It wrote:\n${program.output()}`,
    )
    end(1)
  })
}

/** A node that was killed comes back; one that ends by itself has something to say. */
async function keepNode(/** @type {Parameters<typeof startNode>[0]} */ options) {
  const program = await startNode(options)
  programs.push(program)
  void program.ended.then(async ({ code, signal }) => {
    if (program.expected()) return
    if (code) {
      console.error(`${program.name} ended with ${code}. It wrote:\n${program.output()}`)
      return end(1)
    }
    console.log(
      `${program.name} is gone (${signal ?? 'it was asked to end'}). Its readers go on at the other one; it is back in ${againMs / 1000} s.`,
    )
    await delay(againMs)
    const next = await keepNode(options)
    console.log(`${next.name} is back, pid ${next.pid}.`)
  })
  return program
}

function invitation(/** @type {typeof wanted} */ ports, /** @type {Program[]} */ nodes) {
  const front = `localhost:${ports.front}`
  const [one, two] = nodes
  return `
  front   http://${front}   nginx, round robin, no sticky sessions
  node-1  http://localhost:${ports['node-1']}   pid ${one?.pid}
  node-2  http://localhost:${ports['node-2']}   pid ${two?.pid}
  redis   redis://localhost:${ports.redis}

In another terminal, follow a channel over all five transports, or by curl alone:

  npx gamut tail chat/lobby --transport all --url http://${front}
  curl -N -H 'Accept: text/event-stream' ${front}/channels/chat/lobby

In a third one publish, look at which node answers, and kill one of them:

  curl --json '{"text":"hello"}' ${front}/channels/chat/lobby
  curl -si ${front}/channels/chat/lobby | grep -i x-served-by
  kill -9 ${one?.pid}

The readers go on at the other node, each at its cursor. Ctrl-C ends all of it.
`
}
