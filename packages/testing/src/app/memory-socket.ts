import { type CloseTold, Crossing, lost } from './crossing.js'
import type { Network } from './network.js'
import type { Page } from './page.js'

const states = { CONNECTING: 0, OPEN: 1, CLOSING: 2, CLOSED: 3 } as const

/** Where a socket is made. */
interface Place {
  readonly network: Network
  readonly page: Page
  readonly headers: HeadersInit
}

class MemorySocket {
  static readonly CONNECTING = states.CONNECTING
  static readonly OPEN = states.OPEN
  static readonly CLOSING = states.CLOSING
  static readonly CLOSED = states.CLOSED
  readonly url: string
  readonly bufferedAmount = 0
  protocol = ''
  readyState: number = states.CONNECTING
  onopen: ((event: unknown) => void) | null = null
  onmessage: ((event: unknown) => void) | null = null
  onerror: ((event: unknown) => void) | null = null
  onclose: ((event: unknown) => void) | null = null
  readonly #place: Place
  readonly #crossing: Crossing | undefined

  constructor(place: Place, address: string | URL, protocols: string | string[] = []) {
    const { headers, network, page } = place
    this.#place = place
    network.parts.rest.note()
    const url = new URL(String(address).replace(/^ws/, 'http'))
    this.url = String(address)
    const node = this.#isLetThrough() ? network.reach(page, url.origin) : undefined
    if (!node) {
      this.#endSoon(lost)
      return
    }
    this.#crossing = new Crossing(network, page, {
      opened: () => this.#opened([protocols].flat()[0] ?? ''),
      heard: (data) => {
        if (this.readyState === states.OPEN) this.onmessage?.({ type: 'message', data })
      },
      ended: (how) => this.#ended(how),
    })
    this.#crossing.open(node, url, headers)
  }

  send(text: string): void {
    if (this.readyState === states.CONNECTING)
      throw new DOMException('The WebSocket is not open yet.', 'InvalidStateError')
    if (this.readyState !== states.OPEN) return
    this.#place.network.parts.rest.note()
    this.#crossing?.send(text)
  }

  close(code = 1005, reason = ''): void {
    if (this.readyState >= states.CLOSING) return
    this.readyState = states.CLOSING
    this.#crossing?.hangUp()
    this.#endSoon({ code, reason, wasClean: true })
  }

  #isLetThrough(): boolean {
    const { network, page } = this.#place
    return !network.find(page, 'html', 'websocket') && !network.find(page, 'refuse', 'websocket')
  }

  #opened(protocol: string): void {
    if (this.readyState !== states.CONNECTING) return
    this.readyState = states.OPEN
    this.protocol = protocol
    this.onopen?.({ type: 'open' })
  }

  #endSoon(how: CloseTold): void {
    queueMicrotask(() => this.#place.page.reach(() => this.#ended(how)))
  }

  #ended(how: CloseTold): void {
    if (this.readyState === states.CLOSED) return
    this.readyState = states.CLOSED
    if (!how.wasClean) this.onerror?.({ type: 'error' })
    this.onclose?.({ type: 'close', ...how })
  }
}

/** A `WebSocket` that reaches the server in memory, from one page: its `on…` properties, `send` and `close`. */
export function createMemorySocket(network: Network, page: Page, headers: HeadersInit): typeof WebSocket {
  return class extends MemorySocket {
    constructor(address: string | URL, protocols?: string | string[]) {
      super({ network, page, headers }, address, protocols)
    }
  } as never
}
