import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocketServer } from 'ws'
import { gamut } from './gamut.ts'
import { readPath } from './modes.ts'
import { centrifuge, plain, socketIo } from './peers.ts'
import { pour, ringOf, socketFrame } from './pour.ts'
import type { Speech } from './speech.ts'

const speeches: Readonly<Record<string, Speech>> = { gamut, centrifuge, 'socket.io': socketIo, plain }
const server = new WebSocketServer({ noServer: true, perMessageDeflate: false, clientTracking: false })
const rings = new Map<string, readonly Buffer[]>()

function ringFor(protocol: string, speech: Speech, channel: string, perFrame: number): readonly Buffer[] {
  const name = `${protocol} ${channel} ${perFrame}`
  const made =
    rings.get(name) ?? ringOf(perFrame, (from) => socketFrame(speech.frame(channel, from, perFrame)))
  rings.set(name, made)
  return made
}

/** Takes a WebSocket and speaks its protocol. The ring goes to the socket itself, framed beforehand. */
export function takeSocket(request: IncomingMessage, socket: Duplex, head: Buffer): void {
  const { mode, protocol = '' } = readPath(request.url ?? '') ?? {}
  const speech = speeches[protocol]
  if (!mode || !speech) {
    socket.destroy()
    return
  }
  server.handleUpgrade(request, socket, head, (peer) => {
    peer.on('error', () => peer.terminate())
    if (mode.mute === 'websocket') return
    const begin = (channels: readonly string[] = []) => {
      for (const channel of channels)
        if (mode.perFrame) pour(socket, ringFor(protocol, speech, channel, mode.perFrame))
        else peer.send(speech.frame(channel, 0, 1))
    }
    peer.on('message', (text) => {
      const { replies, begins } = speech.answer(String(text))
      for (const reply of replies) peer.send(reply)
      begin(begins)
    })
    if (speech.greeting) peer.send(speech.greeting)
    begin(speech.begins)
  })
}
