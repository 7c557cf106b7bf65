import type { connect, Gamut } from '@gamut/client'
import type { shareTabs, Tabs } from '@gamut/client/tabs'
import { type TransportName, transports } from '@gamut/protocol'
import {
  createTestServer,
  type TestConnection,
  type TestEnvironment,
  type TestServer,
} from '@gamut/testing/app'
import fc from 'fast-check'
import { TestBrowser } from './browser.js'

/** What is tried: the client as it is, or one with a bug in it. */
export interface Client {
  readonly connect: typeof connect
  readonly shareTabs: typeof shareTabs
}

const channels = ['a', 'b'] as const
type Channel = (typeof channels)[number]
const deeds = ['open', 'close', 'crash', 'freeze', 'stop', 'wake', 'hide', 'show', 'cut'] as const

const troubles = ['drain', 'restartNode', 'drop', 'repeat'] as const

/** One thing that happens, and how long nothing else does. */
export type Step = { readonly ms: number } & (
  | { readonly kind: 'publish'; readonly channel: Channel; readonly count: number }
  | { readonly kind: (typeof deeds)[number]; readonly slot: number }
  | { readonly kind: 'server'; readonly trouble: (typeof troubles)[number] }
)

const ms = fc.oneof(fc.nat(20), fc.nat(2_000), fc.nat(20_000), fc.nat(90_000))
const anyStep = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('publish' as const),
      channel: fc.constantFrom(...channels),
      count: fc.integer({ min: 1, max: 5 }),
      ms,
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom(...deeds), slot: fc.nat(4), ms }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('server' as const),
      trouble: fc.constantFrom(...troubles),
      ms,
    }),
  },
) as fc.Arbitrary<Step>

/** Anything that may happen to up to five tabs. */
export const anySteps = fc.array(anyStep, { maxLength: 30 })

interface OpenTab {
  readonly environment: TestEnvironment
  readonly tabs: Tabs
  readonly gamut: Gamut
  readonly data: Readonly<Record<Channel, number[]>>
  readonly told: string[]
  isStopped: boolean
}

/** Browsers let timers of hidden pages run once a minute. Requests are counted. */
function throttle(environment: TestEnvironment, asks: () => void): TestEnvironment {
  const after: TestEnvironment['after'] = (waitMs, call) =>
    environment.after(environment.isHidden() ? Math.ceil(waitMs / 60_000) * 60_000 : waitMs, call)
  const fetch: TestEnvironment['fetch'] = (...given) => {
    asks()
    return environment.fetch(...given)
  }
  return { ...environment, after, fetch }
}

/** Whether it stays open until there is something to tell. */
export function isHeld(way: TestConnection['way']): boolean {
  return transports.includes(way as TransportName) && way !== 'poll'
}

/** One browser with tabs that come and go. */
class Run {
  readonly #client: Client
  readonly server: TestServer = createTestServer()
  readonly #browser = new TestBrowser()
  readonly #slots = new Map<number, OpenTab>()
  readonly #all: OpenTab[] = []
  readonly #counts = { a: 0, b: 0 }
  #requests = 0

  constructor(client: Client) {
    this.#client = client
  }

  get running(): readonly OpenTab[] {
    return [...this.#slots.values()].filter(({ isStopped }) => !isStopped)
  }

  async act(step: Step): Promise<void> {
    if (step.kind === 'publish') await this.publish(step.channel, step.count)
    else if (step.kind === 'server') void this.server.faults[step.trouble]()
    else if (step.kind === 'open') this.open(step.slot)
    else {
      const tab = this.#slots.get(step.slot)
      if (tab) this.#happen(step.kind, step.slot, tab)
    }
  }

  async publish(channel: Channel, count: number): Promise<void> {
    for (let index = 0; index < count; index += 1) await this.server.publish(channel, ++this.#counts[channel])
  }

  open(slot: number): void {
    if (this.#slots.has(slot)) return
    const environment = this.server.environment({ browser: 'one' })
    const tabs = this.#client.shareTabs({ identity: '', browser: this.#browser.tab(environment) })
    const gamut = this.#client.connect(this.server.url, {
      environment: throttle(environment, () => this.#requests++),
      tabs,
    })
    const tab: OpenTab = { environment, tabs, gamut, data: { a: [], b: [] }, told: [], isStopped: false }
    // Some read less than others.
    for (const channel of slot % 2 ? channels : (['a'] as const))
      gamut
        .channel<number>(channel, { cursor: 'oldest' })
        .subscribe(({ data }) => tab.data[channel].push(data), {
          onGap: ({ reason }) => tab.told.push(`gap ${reason}`),
          onEnd: (reason) => tab.told.push(`end ${reason}`),
          onError: ({ code }) => tab.told.push(`error ${code}`),
        })
    this.#slots.set(slot, tab)
    this.#all.push(tab)
  }

  #happen(kind: Exclude<(typeof deeds)[number], 'open'>, slot: number, tab: OpenTab): void {
    const { environment, gamut } = tab
    if (kind === 'close' || kind === 'crash') {
      if (kind === 'crash') {
        environment.sleep(1e9)
        this.#browser.crash(environment)
        environment.faults.cut()
      }
      gamut.close()
      this.#slots.delete(slot)
    } else if (kind === 'hide' || kind === 'show') environment[kind]()
    else if (kind === 'cut') environment.faults.cut()
    else if (kind === 'wake') this.wake(tab)
    else if (!tab.isStopped) {
      tab.isStopped = true
      // With a word before, or without.
      if (kind === 'freeze') environment.freeze()
      else environment.sleep(1e9)
      this.#browser.stop(environment)
    }
  }

  wake(tab: OpenTab): void {
    if (!tab.isStopped) return
    tab.isStopped = false
    this.#browser.wake(tab.environment)
    tab.environment.thaw()
  }

  wakeAll(): void {
    for (const tab of this.#slots.values()) this.wake(tab)
  }

  /** What is wrong with those that run, while they are told of something. */
  async atRest(): Promise<string[]> {
    const { running } = this
    this.#requests = 0
    await this.publish('a', 2)
    await this.publish('b', 1)
    await this.server.advance(1000)
    const found: string[] = []
    const held = this.server.connections.filter(
      ({ way, environment }) => isHeld(way) && running.some((tab) => tab.environment === environment),
    )
    if (running.length && held.length !== 1) found.push(`${held.length} connections are held`)
    const roles = running.map(({ tabs }) => tabs.status.role)
    if (running.length && roles.filter((role) => role === 'leader').length !== 1) found.push(`${roles}`)
    if (this.#requests) found.push(`${this.#requests} requests were made`)
    for (const { data } of running)
      if (data.a.length !== this.#counts.a) found.push(`${data.a.length} of ${this.#counts.a} have come`)
    return found
  }

  /** What no tab may ever be told, and what none may say. */
  ever(): string[] {
    const found = this.#all.flatMap(({ told }) => told)
    for (const { data } of this.#all)
      for (const numbers of Object.values(data))
        if (numbers.some((number, index) => number !== index + 1)) found.push(`not in a row: ${numbers}`)
    const speakers = new Map<string, object>()
    for (const { tab, data } of this.#browser.posts) {
      const { type, term } = JSON.parse(data)
      if (type === 'want') continue
      if ((speakers.get(term) ?? tab) !== tab) found.push(`two lead in ${term}`)
      speakers.set(term, tab)
    }
    return found
  }

  async end(): Promise<void> {
    for (const { gamut } of this.#all) gamut.close()
    await this.server.close()
  }
}

/** Longer than any wait of a tab: for its leader, for a retry, for a hidden page's timer. */
const healMs = 200_000
const restMs = 40_000

/** Lets tabs live through steps, and looks at those that run, then at all. Gives what was wrong, if anything. */
export async function liveTabs(client: Client, steps: readonly Step[]): Promise<string[]> {
  const run = new Run(client)
  run.open(0)
  run.open(1)
  const found: string[] = []
  for (const step of steps) {
    await run.act(step)
    await run.server.advance(step.ms)
  }
  for (const look of ['those that run', 'all']) {
    if (look === 'all') run.wakeAll()
    for (const { environment } of run.running) environment.show()
    run.server.faults.heal()
    await run.server.advance(healMs)
    let wrong = await run.atRest()
    // The server may just have sent all away for a while, as it does with connections of some age.
    if (wrong.length) {
      await run.server.advance(restMs)
      wrong = await run.atRest()
    }
    found.push(...wrong.map((text) => `${look}: ${text}`))
  }
  found.push(...run.ever())
  await run.end()
  return found
}
