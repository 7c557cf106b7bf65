import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import type { RunningProcess } from './start-process.js'

const tries = 300
const betweenTriesMs = 50

/** Resolves once somebody accepts on a loopback port; fails with the output of `owner` if that ends first or never does. */
export async function waitForPort(port: number, owner: RunningProcess): Promise<void> {
  let ended = false
  void owner.exited.then(() => {
    ended = true
  })
  for (let index = 0; index < tries && !ended; index += 1) {
    if (await accepts(port)) return
    await delay(betweenTriesMs)
  }
  throw new Error(`nothing listens on port ${port}. The output of what should:\n${owner.output()}`)
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    const settle = (accepted: boolean) => {
      socket.destroy()
      resolve(accepted)
    }
    socket.once('connect', () => settle(true))
    socket.once('error', () => settle(false))
  })
}
