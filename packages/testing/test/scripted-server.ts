import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

/** One connection of a scripted server. */
export interface ScriptedPeer {
  readonly socket: Socket
  /** The text of the next request's head. */
  request(): Promise<string>
}

function createPeer(socket: Socket): ScriptedPeer {
  let text = ''
  let wake = () => {}
  socket.on('data', (bytes) => {
    text += bytes.toString('latin1')
    wake()
  })
  return {
    socket,
    request: async () => {
      for (;;) {
        const end = text.indexOf('\r\n\r\n')
        if (end >= 0) {
          const head = text.slice(0, end)
          text = text.slice(end + 4)
          return head
        }
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
    },
  }
}

/** A TCP server on a free port whose connections are played by hand; closed with the test. */
export async function serveScript(play: (peer: ScriptedPeer, count: number) => unknown): Promise<number> {
  const sockets = new Set<Socket>()
  let count = 0
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    play(createPeer(socket), ++count)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

/** A port on which nobody listens. */
export async function freePort(): Promise<number> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
