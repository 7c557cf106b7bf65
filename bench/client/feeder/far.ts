import { connect, createServer, type Server, type Socket } from 'node:net'

/** Hands over what comes after a while, in order. */
function pass(from: Socket, to: Socket, delayOf: () => number): void {
  const later = (call: () => void) => setTimeout(call, delayOf())
  from.on('data', (bytes) => later(() => to.write(bytes)))
  from.on('end', () => later(() => to.end()))
  from.on('error', () => to.destroy())
  from.on('close', () => later(() => to.destroy()))
}

/**
 * A way to a port that takes half a round trip in each direction. What a client sends first waits a whole one more, as
 * the kernel here has accepted the connection at once, which far away takes that long.
 */
export function farWay(port: number, roundTripMs: number): Server {
  return createServer({ noDelay: true }, (near) => {
    const acceptedAt = performance.now() + roundTripMs
    const far = connect({ port, host: '127.0.0.1', noDelay: true })
    let sentUntil = 0
    pass(near, far, () => {
      const now = performance.now()
      sentUntil = Math.max(sentUntil, now, acceptedAt)
      return sentUntil + roundTripMs / 2 - now
    })
    pass(far, near, () => roundTripMs / 2)
  })
}
