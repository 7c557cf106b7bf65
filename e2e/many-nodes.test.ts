import { connect } from 'node:net'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { describeWith } from './support/parts.js'
import { plainRead } from './support/plain-read.js'
import { publish } from './support/publish.js'
import { startProcess } from './support/start-process.js'
import { until } from './support/until.js'

const script = fileURLToPath(new URL('../scripts/two-nodes.mjs', import.meta.url))

function start() {
  return startProcess({ command: process.execPath, args: [script] })
}

/** The ports and process ids that the script has named. */
function partsIn(output: string) {
  const ports = [...output.matchAll(/:\/\/localhost:(\d+)/g)].map(([, port]) => Number(port)).slice(0, 4)
  const pids = [...output.matchAll(/pid (\d+)/g)].map(([, pid]) => Number(pid))
  return { ports, pids, front: `http://localhost:${ports[0]}` }
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.on('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', () => resolve(false))
  })
}

async function noneIsOpen(ports: readonly number[]): Promise<boolean> {
  return !(await Promise.all(ports.map(isOpen))).includes(true)
}

describeWith(['redis', 'nginx'], 'npm run two-nodes', () => {
  it('outlives a node that is killed, takes the next ports where its own are taken, and leaves nothing', {
    timeout: 60_000,
  }, async () => {
    const first = start()
    await first.waitFor((output) => output.includes('Ctrl-C'))
    const second = start()
    await second.waitFor((output) => output.includes('Ctrl-C'))
    const { ports, pids, front } = partsIn(first.output())
    const others = partsIn(second.output())
    expect(second.output()).toContain(`Port ${ports[1]} is taken`)
    expect(new Set([...ports, ...others.ports]).size).toBe(8)
    expect((await second.stop('SIGINT')).code).toBe(0)
    expect(await noneIsOpen(others.ports)).toBe(true)

    await publish(ports[0] as number, 1)
    process.kill(pids[0] as number, 'SIGKILL')
    await first.waitFor((output) => output.includes('node-1 is gone'))
    await until(async () => (await plainRead(front, 'a')).length === 1)
    await first.waitFor((output) => output.includes('node-1 is back'))
    await first.stop('SIGKILL')
    await until(() => noneIsOpen(ports))
  })
})
