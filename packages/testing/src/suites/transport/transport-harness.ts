import type { GamutOptions } from '@gamut/server'

/** A server that was started for the suite. */
export interface ServerUnderTest {
  /** Where it listens, without its `basePath`: `http://127.0.0.1:1234`. */
  readonly origin: string
  /** How many connections it holds just now, parked long-polls too. */
  held(): Promise<number>
  /** Drains it and ends it. */
  close(): Promise<void>
}

/** How the suite gets at a runtime. */
export interface TransportHarness {
  /** The runtime's name, for titles. */
  readonly runtime: string
  /** Starts a server with these options on a free port of the loopback address. */
  start(options: GamutOptions): Promise<ServerUnderTest>
  /** Tests of the suite that cannot be kept, by title, each with the reason. A title that names no test fails. */
  readonly skips?: Readonly<Record<string, string>>
}
