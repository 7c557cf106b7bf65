/** Bytes of a message that is not whole which are not worth a look. */
const smallBytes = 4096
/** Bytes of a short masked frame besides its payload (RFC 6455 §5.2). */
const frameBytes = 6

/** How long a WebSocket's peer has been sending one message: the library bounds its size and fragments, not its age. */
export class MessageAge {
  readonly #source: { readonly bytesRead: number }
  /** How many bytes had been read when the last message was whole, and the control frames since. */
  #wholeBytes: number
  #since: number

  /** The socket, or whatever else says how much has been read of it in all. */
  constructor(source: { readonly bytesRead: number }, now: number) {
    this.#source = source
    this.#wholeBytes = source.bytesRead
    this.#since = now
  }

  /** A message is whole. */
  done(): void {
    this.#wholeBytes = this.#source.bytesRead
  }

  /** A ping or pong came, which may stand between fragments. */
  control({ length }: Uint8Array): void {
    this.#wholeBytes += length + frameBytes
  }

  /** What has come of one message so far, in bytes. */
  get bytes(): number {
    return Math.max(0, this.#source.bytesRead - this.#wholeBytes)
  }

  /** For how long, in milliseconds, more than 4 KiB of one message have been coming, as far as it is asked now and then. */
  at(now: number): number {
    if (this.bytes <= smallBytes) this.#since = now
    return now - this.#since
  }
}
