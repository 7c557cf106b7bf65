import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { type Classes, classesOf, DirectWrites } from './direct-writes.js'

/** How long the check may take, in milliseconds; it takes some ten. */
const patienceMs = 2000
/** What is written until the kernel has no room: a piece, and so many times at most. */
const piece = Buffer.alloc(256 * 1024)
const maxPieces = 256
const last = Buffer.of(1)

let found: Promise<boolean> | undefined
let writes = new DirectWrites(undefined)

/**
 * Whether this Node's sockets can be written to past their streams: tried once in a process, on a socket of this machine
 * that is filled and emptied. Until then, and where they cannot, they are written to as ever (decision 35).
 */
export function canWriteDirectly(): Promise<boolean> {
  found ??= tryOut()
    .catch(() => undefined)
    .then((classes) => {
      writes = new DirectWrites(classes)
      return classes !== undefined
    })
  return found
}

/** Writes at once, behind what the socket has. `false`: it is full, and tells by `drain` when it is not. */
export function writeNow(socket: Socket, bytes: Uint8Array): boolean {
  return writes.write(socket, bytes)
}

/** What became of one socket: all that was written to it, and how it was told that there is room again. */
interface Trial {
  readonly classes: Classes
  written: number
  isDrained: boolean
}

/** Writes past the socket until it is full, and once more when it is not. */
function fill(socket: Socket): Trial | undefined {
  const classes = classesOf(socket)
  if (!classes) return undefined
  const trial: Trial = { classes, written: 1, isDrained: false }
  const writes = new DirectWrites(classes)
  let isTaken = true
  for (let count = 0; isTaken && count < maxPieces; count++) {
    isTaken = writes.write(socket, piece)
    trial.written += piece.length
  }
  socket.once('drain', () => {
    trial.isDrained = true
    if (!writes.write(socket, last)) trial.written = Number.NaN
    trial.written += last.length
    socket.end()
  })
  return trial
}

function tryOut(): Promise<Classes | undefined> {
  return new Promise((resolve, reject) => {
    let trial: Trial | undefined
    let read = 0
    let lastByte = 0
    const server = createServer((socket) => {
      socket.on('error', () => socket.destroy())
      try {
        trial = fill(socket)
        if (trial) peer.resume()
        else peer.destroy()
      } catch (error) {
        // A Node of another kind: thrown here it would end the process.
        reject(error)
        peer.destroy()
      }
    })
    const buffer = Buffer.alloc(64 * 1024)
    const callback = (bytes: number) => {
      read += bytes
      lastByte = buffer[bytes - 1] ?? 0
      return true
    }
    server.on('error', reject)
    let peer: Socket
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      peer = connect({ port, host: '127.0.0.1', onread: { buffer, callback } }).pause()
      const timer = setTimeout(() => peer.destroy(), patienceMs).unref()
      peer.on('error', () => peer.destroy())
      peer.on('close', () => {
        clearTimeout(timer)
        server.close()
        const isGood = trial?.isDrained && read === trial.written && lastByte === last[0]
        resolve(isGood ? trial?.classes : undefined)
      })
    })
  })
}
