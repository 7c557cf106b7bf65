import type { Core } from '../measure/pin.ts'

/** How a reader is served. */
export type Transport = 'websocket' | 'sse' | 'long-poll' | 'poll'

/** What a system promises, so that a log is not compared silently with a loop that keeps nothing. */
export type Guarantee = 'log' | 'recovery' | 'none'

/** The classes in words, for the report. */
export const guaranteeTexts: Readonly<Record<Guarantee, string>> = {
  log: 'keeps a log: a reader who comes back gets what it missed or is told of the gap',
  recovery: 'keeps recent messages for a while: most readers who come back get what they missed',
  none: 'keeps nothing: who is away misses what is sent',
}

/** How the load generator asks for a stream, and knows that it has begun. `@CH@` stands for the channel's number. */
export interface Reading {
  readonly mode: 'websocket' | 'stream' | 'long-poll'
  readonly path: string
  readonly headers?: readonly string[]
  /** Text frames to send after a WebSocket's handshake, one a line. */
  readonly frames?: string
  /** What stands in the answer once the reader is subscribed; the head of the answer if not said. */
  readonly readyText?: string
  /** What stands right before the name by which a server knows the reader again: `@NAME@` stands for it. */
  readonly nameStart?: string
  /** What stands in each word about a gap. */
  readonly gapText?: string
  /** What stands right before a position in what a reader is sent, and the character behind it. */
  readonly token?: readonly [before: string, behind: string]
}

/** A request that the generator repeats; the body's marker and `@CH@` are filled in at their width. */
export interface Posting {
  readonly method: 'POST' | 'GET'
  readonly path: string
  readonly headers?: readonly string[]
  readonly body?: string
}

/** A program to start, on one core. */
export interface Program {
  readonly command: string
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

/** One thing that is measured. */
export interface System {
  readonly name: string
  readonly title: string
  readonly guarantee: Guarantee
  /** Says what it lacks on this machine and how to get it; nothing where it can run. */
  missing?(): string | undefined
  /** `redis` is the address of the Redis that it asks for. */
  program(port: number, redis: string): Program
  /** The core of the Redis that its nodes share, if it needs one. */
  readonly redis?: Core
  /** Where it runs; on the server's core if not said. */
  readonly core?: Core
  /** Whether a forced collection can be asked for by SIGUSR2. */
  readonly collects?: boolean
  readonly readings: Readonly<Partial<Record<Transport, Reading>>>
  publish(body: string): Posting
  /** A poll, whose answer has an ETag. */
  readonly poll?: Posting
  /** How a reader that has missed something comes back: `@TOKEN@` stands for its position. */
  readonly resumings?: Readonly<Partial<Record<Transport, Reading>>>
  /** Takes the position out of the answer to a publish. */
  positionOf?(answer: string): string | undefined
}
