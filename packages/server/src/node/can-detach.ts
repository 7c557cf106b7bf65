import { createServer, type ServerResponse } from 'node:http'
import { type AddressInfo, connect, Socket } from 'node:net'
import { detach } from './detach.js'
import { giveBack } from './give-back.js'

/** How long the check may take, in milliseconds; it takes some ten. */
const patienceMs = 2000

let found: Promise<boolean> | undefined

/**
 * Whether sockets can be taken from this Node's responses and given back: tried once in a process, on a socket of this
 * machine. What that needs of Node is documented nowhere and may change (decision 12).
 */
export function canDetach(): Promise<boolean> {
  found ??= tryOut().catch(() => false)
  return found
}

/** Answers by hand, gives the socket back, and answers again by the server. */
function tryOut(): Promise<boolean> {
  return new Promise((resolve, reject) => {
    let isBare = false
    const server = createServer((request, response) => {
      if (request.url === '/again') response.end('again')
      // Not while the parser is at work on it.
      else
        setImmediate(() => {
          isBare = answerBare(server, response)
        })
    })
    server.on('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const peer = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1' })
      const timer = setTimeout(() => peer.destroy(), patienceMs).unref()
      let text = ''
      peer.on('data', (chunk) => {
        text += String(chunk)
        if (text === 'bare') peer.write('GET /again HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
      })
      peer.on('error', () => peer.destroy())
      peer.on('close', () => {
        clearTimeout(timer)
        server.close()
        resolve(isBare && text.startsWith('bareHTTP/1.1 200') && text.includes('again'))
      })
      peer.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    })
  })
}

function answerBare(server: ReturnType<typeof createServer>, response: ServerResponse): boolean {
  const { socket: before } = response
  const socket = detach(response)
  if (!socket || socket !== before) {
    before?.destroy()
    return false
  }
  const isBare = isLikeNew(socket)
  socket.once('data', (chunk) => giveBack(server, socket, chunk))
  socket.write('bare')
  return isBare
}

/** Nothing but what a socket has from the start listens to it. */
function isLikeNew(socket: Socket): boolean {
  const own = new Socket()
  return socket.eventNames().every((event) => socket.listenerCount(event) === own.listenerCount(event))
}
