import type { AnySchemas } from '@gamut/protocol'
import type { Gamut, GamutOptions, PublishOptions, PublishResult } from '@gamut/server'
import { createVirtualClock, type VirtualClock } from '../virtual-clock.js'
import { type CheckOptions, check } from './check.js'
import type { Collected } from './collect.js'
import { createTextStore, type EnvironmentOptions, type TestEnvironment } from './environment.js'
import { createNetworkFaults, happen, type ServerFaults } from './faults.js'
import { createMemoryFetch } from './memory-fetch.js'
import { createMemorySocket } from './memory-socket.js'
import { Network } from './network.js'
import { Nodes } from './nodes.js'
import { Page } from './page.js'
import { createRandom } from './random.js'
import { Rest } from './rest.js'
import { createTokens, type Tokens } from './tokens.js'
import type { Way } from './weather.js'

/** What a test server can be told: all that `createGamut` takes but where it runs and what it is made of. */
export interface TestServerOptions<Schemas = AnySchemas>
  extends Omit<GamutOptions<Schemas>, 'broker' | 'clock' | 'random' | 'node'> {
  /** Where clients reach it. Default: `http://gamut.test`. */
  readonly origin?: string
  /** Everything that is left to chance follows from it. Default: 1. */
  readonly seed?: number
  /** The wall clock's first value, in milliseconds since 1970. */
  readonly now?: number
}

/** A connection of a page to the server. */
export interface TestConnection {
  readonly way: Way
  readonly environment: TestEnvironment
  /** How long it is open, in milliseconds of virtual time. */
  readonly ageMs: number
}

/** A server in memory, with the network and the time around it. */
export interface TestServer<Schemas = AnySchemas> {
  /** What `connect` takes. */
  readonly url: string
  /** What goes wrong, for everybody. */
  readonly faults: ServerFaults
  /** What is open now, requests that are under way too. */
  readonly connections: readonly TestConnection[]
  /** The server as the application's own backend has it: it publishes, closes and revokes, whatever becomes of the node that pages talk to. */
  readonly gamut: Gamut<Schemas>
  /** Virtual milliseconds since 1970. */
  now(): number
  /** One more page, device or process with a client in it. */
  environment(options?: EnvironmentOptions): TestEnvironment
  /** Publishes as the application's backend. */
  readonly publish: Gamut<Schemas>['publish']
  /** Lets so many milliseconds pass: timers run in order, and all that follows from one is done before the next. */
  advance(ms: number): Promise<void>
  /** Lets no time pass: resolves once nothing is under way any more. */
  settle(): Promise<void>
  /** A bearer token of somebody, for `getToken`, where no `authenticate` was given; for so long, in milliseconds, or for ever. */
  token(id: string, options?: { readonly forMs?: number }): string
  /** Throws what is wrong with what a reader has collected: lost without a word, repeated, out of order, not what was published. */
  check(collected: Collected, options?: CheckOptions): Promise<void>
  /** Ends the server. */
  close(): Promise<void>
}

class World<Schemas> implements TestServer<Schemas> {
  readonly url: string
  readonly faults: ServerFaults
  readonly #seed: number
  readonly #clock: VirtualClock
  readonly #rest = new Rest()
  readonly #network: Network
  readonly #nodes: Nodes<Schemas>
  readonly #tokens: Tokens
  readonly #environments = new Map<Page, TestEnvironment>()
  readonly #stores = new Map<string, ReturnType<typeof createTextStore>>()

  constructor({ origin = 'http://gamut.test', seed = 1, now, ...options }: TestServerOptions<Schemas>) {
    this.#seed = seed
    const settle = () => this.#rest.settle()
    const clock = createVirtualClock({ settle, ...(now !== undefined && { now }) })
    this.#clock = clock
    this.#tokens = createTokens(clock, options.authenticate)
    const serverClock = {
      ...clock,
      turn: (call: () => void) => {
        this.#rest.note()
        clock.turn(call)
      },
    }
    this.#nodes = new Nodes<Schemas>(
      {
        authorize: () => true,
        ...options,
        authenticate: this.#tokens.authenticate,
        clock: serverClock,
        random: createRandom(seed),
      },
      serverClock,
    )
    const node = () => this.#nodes.node as Gamut | undefined
    this.#network = new Network({ clock, rest: this.#rest, origin, node })
    this.url = origin + (options.basePath ?? '')
    this.faults = this.#createFaults()
  }

  get gamut(): Gamut<Schemas> {
    return this.#nodes.backend
  }

  get connections(): readonly TestConnection[] {
    return this.#network.open().map(({ way, page, openedAt }) => ({
      way,
      environment: this.#environments.get(page) as TestEnvironment,
      ageMs: this.#clock.elapsed() - openedAt,
    }))
  }

  now(): number {
    return this.#clock.now()
  }

  environment(options: EnvironmentOptions = {}): TestEnvironment {
    const count = this.#environments.size + 1
    const { browser = `browser ${count}`, headers = {}, network = 'test', webSocket = true } = options
    const clock = this.#clock
    const page = new Page(clock, network, () => this.#network.pump())
    const storage = this.#stores.get(browser) ?? createTextStore()
    this.#stores.set(browser, storage)
    const environment: TestEnvironment = Object.assign(page, {
      fetch: createMemoryFetch(this.#network, page, headers),
      ...(webSocket && { WebSocket: createMemorySocket(this.#network, page, headers) }),
      now: () => clock.now(),
      elapsed: () => clock.elapsed(),
      random: createRandom(this.#seed * 1000 + count),
      storage,
      tabStorage: createTextStore(),
      faults: this.#faultsOf(page),
    })
    this.#environments.set(page, environment)
    return environment
  }

  readonly publish = ((channel: string, data: unknown, options?: PublishOptions): Promise<PublishResult> =>
    (this.#nodes.backend as Gamut).publish(channel, data, options)) as Gamut<Schemas>['publish']

  async advance(ms: number): Promise<void> {
    if (!(ms >= 0)) throw new TypeError('advance takes milliseconds: 0 or more')
    await this.#clock.advance(ms)
  }

  async settle(): Promise<void> {
    this.#rest.note()
    await this.#rest.settle()
  }

  token(id: string, { forMs }: { readonly forMs?: number } = {}): string {
    return this.#tokens.issue(id, forMs)
  }

  check(collected: Collected, options?: CheckOptions): Promise<void> {
    return check(collected, this.#nodes.log, options)
  }

  async close(): Promise<void> {
    for (const line of this.#network.open()) line.cut()
    await this.#nodes.close()
  }

  #faultsOf(page?: Page) {
    const weather = page ? this.#network.weatherOf(page) : this.#network.weather
    return createNetworkFaults({
      add: (rule) => weather.add(rule),
      has: (rule) => weather.has(rule),
      clear: () => weather.clear(),
      open: (on) => this.#network.open(on, page),
      after: (ms, call) => void this.#clock.after(ms, call),
    })
  }

  #createFaults(): ServerFaults {
    const network = this.#faultsOf()
    const cutAll = () => {
      for (const line of this.#network.open()) line.cut()
    }
    let isDraining = false
    const restartNode: ServerFaults['restartNode'] = (options) => {
      cutAll()
      isDraining = false
      return this.#nodes.restart(options)
    }
    const faults: ServerFaults = {
      ...network,
      expireToken: async (id) => {
        const names = this.#tokens.expire(id)
        await Promise.all(names.map((token) => this.gamut.revoke({ token, forMs: 60_000 })))
      },
      killNode: () => {
        cutAll()
        return this.#nodes.kill()
      },
      restartNode,
      drain: async () => {
        isDraining = true
        await this.#nodes.node?.drain()
      },
      sleep: (ms) => {
        for (const environment of this.#environments.values()) environment.sleep(ms)
      },
      heal: () => {
        network.heal()
        for (const environment of this.#environments.values()) environment.faults.heal()
        if (isDraining || !this.#nodes.node) void restartNode()
      },
      script: (steps) => {
        for (const step of steps) this.#clock.after(step.at, () => happen(faults, step))
      },
    }
    return faults
  }
}

/**
 * Makes a server in memory for an application's own tests: the real one, behind a network and a clock that stand still
 * until the test says otherwise. Nothing of it opens a socket or waits for real time.
 */
export function createTestServer<Schemas = AnySchemas>(
  options: TestServerOptions<Schemas> = {},
): TestServer<Schemas> {
  return new World(options)
}
