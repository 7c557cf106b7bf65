// What readers and a publisher of Socket.IO do: what its own client does by itself.
import { setTimeout as delay } from 'node:timers/promises'
import { io } from 'socket.io-client'

/** WebSocket needs no sticky sessions. */
const options = { transports: ['websocket'], forceNew: true }
const ackTimeoutMs = 5000
const connectedLimitMs = 20_000

/** A reader that writes down the numbers that it gets, and `reset` where it was told that its state was not recovered. */
export async function openPeerReader(url) {
  const seen = []
  const socket = io(url, options)
  let first = true
  socket.on('message', (number) => seen.push(number))
  socket.on('connect', () => {
    if (!first && !socket.recovered) seen.push('reset')
    first = false
  })
  await connected(socket)
  return { seen, connected: () => connected(socket), close: () => socket.disconnect() }
}

/** A publisher of numbers, each sent again until a node has acknowledged it, in their order. */
export async function openPeerPublisher(url, everyMs) {
  const acknowledged = []
  const socket = io(url, { ...options, retries: Number.MAX_SAFE_INTEGER, ackTimeout: ackTimeoutMs })
  await connected(socket)
  let stopped = false
  const run = async () => {
    const begin = performance.now()
    for (let number = 1; !stopped; number += 1) {
      await socket.emitWithAck('publish', number)
      acknowledged.push(number)
      await delay(Math.max(0, begin + number * everyMs - performance.now()))
    }
  }
  let done = Promise.resolve()
  return {
    acknowledged,
    start: () => {
      done = run()
    },
    stop: () => {
      stopped = true
      return done
    },
    close: () => socket.disconnect(),
  }
}

async function connected(socket) {
  for (let waited = 0; !socket.connected && waited < connectedLimitMs; waited += 100) await delay(100)
}
