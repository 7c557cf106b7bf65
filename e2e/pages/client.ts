import { type ConnectOptions, connect, type Gamut } from '@gamut/client'
import { defaultEnvironment } from '@gamut/client/core'
import { shareTabs, type Tabs } from '@gamut/client/tabs'
import type { TransportName } from '@gamut/protocol'
import { byClock, skip } from './clock.js'

/** A client of the page that reads the channel `a`, by the name it is told by. */
export interface PageReader {
  readonly name: string
  readonly url: string
  readonly options: Omit<ConnectOptions, 'getToken' | 'environment' | 'onError' | 'tabs'>
  /** It shares its connection with those of other tabs that have the same. */
  readonly identity?: string
  /** What the browser shall not have. */
  readonly without?: 'locks' | 'BroadcastChannel'
}

/** Something that a client told its page; `what` is `message`, `gap`, `end` or `error`. */
export interface Told {
  readonly reader: string
  readonly what: string
  readonly offset?: number
  readonly data?: unknown
}

const told: Told[] = []
const clients = new Map<string, Gamut>()
const shared = new Map<string, Tabs>()
/** For each time that the page was shown: whether the browser had kept it as it was. */
const shows: boolean[] = []
addEventListener('pageshow', ({ persisted }) => shows.push(persisted))
/** What was thrown and caught by nobody. */
const uncaught: string[] = []
addEventListener('error', ({ message }) => uncaught.push(message))
addEventListener('unhandledrejection', ({ reason }) => uncaught.push(`${reason}`))

function share({ name, identity, without }: PageReader): Tabs | undefined {
  if (identity === undefined) return undefined
  if (without)
    Object.defineProperty(without === 'locks' ? navigator : globalThis, without, { value: undefined })
  const tabs = shareTabs({ identity })
  shared.set(name, tabs)
  return tabs
}

function read(given: PageReader): void {
  const { name: reader, url, options } = given
  const tabs = share(given)
  const client = connect(url, { ...options, tabs, environment: byClock(defaultEnvironment()) })
  clients.set(reader, client)
  const tell = (what: string, data: unknown) => told.push({ reader, what, data })
  client
    .channel('a', { cursor: 'oldest' })
    .subscribe(({ offset, data }) => told.push({ reader, what: 'message', offset, data }), {
      onGap: (gap) => tell('gap', gap),
      onEnd: (reason) => tell('end', reason),
      onError: ({ code, message }) => tell('error', { code, message }),
    })
}

const clientOf = (name: string) => clients.get(name) as Gamut
const channelOf = (name: string) => clientOf(name).channel('a')

/** What the page's driver calls by name. */
export const page = {
  open: (readers: readonly PageReader[]) => readers.forEach(read),
  /** What was told from the n-th on. */
  told: (from: number) => told.slice(from),
  publish: (name: string, data: unknown) => channelOf(name).publish(data),
  history: (name: string) => channelOf(name).history(),
  status: (name: string) => ({ ...clientOf(name).status }),
  /** What this tab is among those that share. */
  tabs: (name: string) => shared.get(name)?.status,
  explain: (name: string) => clientOf(name).explain(),
  move: (name: string, transport: TransportName) => clientOf(name).move(transport),
  shows: () => shows,
  uncaught: () => uncaught,
  isHidden: () => document.hidden,
  /** Puts the clients' clock forward. */
  skip,
}

Object.assign(globalThis, { page })

/** Answers calls of a page by messages, where this is in a worker. */
function answer({ data: { id, name, values }, target }: MessageEvent): void {
  const call = page[name as keyof typeof page] as (...given: unknown[]) => unknown
  const reply = async () => (target as MessagePort).postMessage({ id, result: await call(...values) })
  reply().catch((error) => uncaught.push(`${error}`))
}
if (!('document' in globalThis)) {
  Object.assign(globalThis, {
    onmessage: answer,
    onconnect: ({ ports: [port] }: MessageEvent) => Object.assign(port as MessagePort, { onmessage: answer }),
  })
}
