import { expect, onTestFinished } from 'vitest'
import { type ClientOptions, WebSocket } from 'ws'

/** A frame as it came. */
export type Frame = Record<string, unknown> & { type: string }

/** A socket that keeps its frames and lets a test wait for one. */
export class Peer {
  readonly frames: Frame[] = []
  readonly socket: WebSocket
  readonly closed: Promise<{ code: number; reason: string }>

  readonly #opened: Promise<unknown>

  constructor(url: string, options: ClientOptions = {}, protocols: string[] = []) {
    this.socket = new WebSocket(url, protocols, options)
    this.socket.on('message', (data) => this.frames.push(JSON.parse(String(data))))
    this.closed = new Promise((resolve) => {
      this.socket.on('close', (code, reason) => resolve({ code, reason: String(reason) }))
    })
    this.socket.on('error', () => {})
    this.#opened = new Promise((resolve) => this.socket.once('open', resolve))
    onTestFinished(() => this.socket.terminate())
  }

  send(...frames: (object | string)[]): void {
    const write = () => {
      for (const frame of frames) this.socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame))
    }
    if (this.socket.readyState === WebSocket.OPEN) write()
    else void this.#opened.then(write)
  }

  async find(matches: (frame: Frame) => unknown): Promise<Frame> {
    await expect.poll(() => this.frames.some(matches)).toBe(true)
    return this.frames.find(matches) as Frame
  }

  answer(ref: number | string): Promise<Frame> {
    return this.find((frame) => frame['ref'] === ref)
  }
}
