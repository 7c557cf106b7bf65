/** What happens to the page or process that a client lives in. */
export type EnvironmentChange = 'visible' | 'hidden' | 'online' | 'offline' | 'frozen' | 'shown'

/** A store of texts by name, as `localStorage`; any of it may throw. */
export interface TextStore {
  getItem(name: string): string | null
  setItem(name: string, text: string): void
}

/** Everything that a client takes from outside, so that tests, tabs and other runtimes can give their own. */
export interface Environment {
  readonly fetch: typeof fetch
  /** Absent where there is none, as in Node 20: then no WebSocket is tried. */
  readonly WebSocket?: typeof WebSocket | undefined
  /** Milliseconds since 1970: it may jump. For what is remembered beyond a process only. */
  now(): number
  /** Milliseconds that never jump, for every age and deadline. */
  elapsed(): number
  /** A number from 0 to 1, without 1. */
  random(): number
  /** Calls back after so many milliseconds. Returns how to cancel. */
  after(ms: number, call: () => void): () => void
  /** Outlives the page; survived where it throws or is absent. */
  readonly storage?: TextStore | undefined
  /** Outlives a reload of the page, not the tab. */
  readonly tabStorage?: TextStore | undefined
  /** A name of the network that is in use, as far as it can be known: what is remembered of transports is kept by it. */
  network(): string
  /** Whether nobody sees the page now. */
  isHidden(): boolean
  /** Whether the network is known to be away. */
  isOffline(): boolean
  /** Tells what happens to the page. Returns how to stop. */
  onChange(listener: (what: EnvironmentChange) => void): () => void
}

interface NetworkInformation {
  readonly type?: string
  readonly effectiveType?: string
}

/** What the page or process tells of itself, and what it means; `''`: look whether the page is seen. */
const changes: Readonly<Record<string, EnvironmentChange | ''>> = {
  visibilitychange: '',
  freeze: 'frozen',
  resume: 'shown',
  pageshow: 'shown',
  // A page that is out of sight already is not told of leaving otherwise.
  pagehide: 'hidden',
  online: 'online',
  offline: 'offline',
}

/**
 * Clock, timers and network of any runtime, and nothing of a page: it is never hidden and keeps nothing. Nor is it
 * offline, as nothing would tell when that is over.
 */
export function plainEnvironment(): Environment {
  const { WebSocket } = globalThis as Partial<typeof globalThis>
  return {
    fetch: (input, init) => fetch(input, init),
    WebSocket,
    now: () => Date.now(),
    elapsed: () => performance.now(),
    random: () => Math.random(),
    after: (ms, call) => {
      // A timer of more than 2^31 ms fires at once.
      const timer = setTimeout(call, Math.min(ms, 2 ** 31 - 1))
      return () => clearTimeout(timer)
    },
    network: () => '',
    isHidden: () => false,
    onChange: () => () => {},
    isOffline: () => false,
  }
}

/** The same, with no timer that outlives the signal. */
export function endedBy(signal: AbortSignal, environment: Environment): Environment {
  const timers = new Set<() => void>()
  const after: Environment['after'] = (ms, call) => {
    const cancel = () => {
      timers.delete(cancel)
      stop()
    }
    const stop = environment.after(ms, () => {
      cancel()
      call()
    })
    timers.add(cancel)
    if (signal.aborted) cancel()
    return cancel
  }
  signal.addEventListener('abort', () => {
    for (const cancel of timers) cancel()
  })
  return { __proto__: environment, after } as never
}

/** The page's or process's own clock, network, stores and events. */
export function defaultEnvironment(): Environment {
  const scope = globalThis as Partial<Window & typeof globalThis>
  const { document: page, navigator } = scope
  const isHidden = () => page?.hidden === true
  const storeOf = (name: 'localStorage' | 'sessionStorage') => {
    try {
      return page && scope[name]
    } catch {
      // A browser may forbid its stores.
      return undefined
    }
  }
  return {
    ...plainEnvironment(),
    storage: storeOf('localStorage'),
    tabStorage: storeOf('sessionStorage'),
    network: () => {
      const { connection } = Object(navigator) as { connection?: NetworkInformation }
      return connection?.type ?? connection?.effectiveType ?? ''
    },
    isOffline: () => navigator?.onLine === false,
    isHidden,
    onChange: (listener) => {
      const over = new AbortController()
      for (const [name, what] of Object.entries(changes))
        scope.addEventListener?.(name, () => listener(what || (isHidden() ? 'hidden' : 'visible')), {
          // What happens to the document comes by the window, whether it bubbles or not.
          capture: true,
          signal: over.signal,
        })
      return () => over.abort()
    },
  }
}
