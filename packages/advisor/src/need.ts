/** What a use requires of a channel (PROTOCOL §1); everything may be left open. */
export interface Need {
  readonly direction?: 'to-client' | 'to-server' | 'both'
  /** How often something is published on the channel. */
  readonly updatesPerSecond?: number
  /** How often each client sends. */
  readonly clientMessagesPerSecond?: number
  /** How old what a user sees may be, in milliseconds. */
  readonly stalenessMs?: number
  /** Readers at once. */
  readonly readers?: number
  readonly messageBytes?: number
  /** `may-miss`: of several new messages the newest is enough. */
  readonly loss?: 'may-miss' | 'must-not'
  /** `shared`: all readers read one channel. `per-user`: each has a channel of their own. */
  readonly audience?: 'shared' | 'per-user'
  /** How long somebody reads at a stretch, in milliseconds: a page that is open, a job that is watched. */
  readonly readingMs?: number
}

/** What stands between readers and the server, and what it runs on; everything may be left open. */
export interface Circumstances {
  /** The version of HTTP that browsers speak with the first thing that answers them. */
  readonly http?: 1.1 | 2 | 3
  readonly tls?: boolean
  /** Tabs of one origin that a user has open at once. */
  readonly tabsPerUser?: number
  /** A reverse proxy of one's own is in front of the server. */
  readonly proxied?: boolean
  /** Something on the way holds an answer until it is whole. */
  readonly proxyBuffers?: boolean
  /** Something on the way cuts what is silent for so long, in milliseconds; 0: nothing does. */
  readonly proxyCutsAfterMs?: number
  /** Something on the way takes no WebSocket. */
  readonly refusesWebSocket?: boolean
  /** `serverless`: a request is a function with a time limit. `edge`: an object that bills requests for as long as they are held, and lets WebSockets sleep. */
  readonly platform?: 'server' | 'serverless' | 'edge'
  /** How long one request may take at most, in milliseconds; 0: as long as it likes. */
  readonly timeLimitMs?: number
  /** Readers are phones on battery. */
  readonly onBattery?: boolean
  /**
   * A cache that readers share is in front, and what is read is public. `cdn`: it is somebody else's, and readers' connections
   * end there. `proxy`: it is one's own proxy.
   */
  readonly sharedCache?: 'none' | 'cdn' | 'proxy'
  /** From a reader to the nearest region with servers and back, in milliseconds. */
  readonly roundTripMs?: number
  readonly userRegions?: number
  readonly serverRegions?: number
  /** From one region to another and back, in milliseconds. */
  readonly betweenRegionsMs?: number
}

/** A need with nothing left open. */
export type FullNeed = Required<Need>
/** Circumstances with nothing left open. */
export type FullCircumstances = Required<Circumstances>

/** A field of a need or of circumstances that can be counted. */
export type NumericField = {
  [Field in keyof (FullNeed & FullCircumstances)]: (FullNeed & FullCircumstances)[Field] extends number
    ? Field
    : never
}[keyof (FullNeed & FullCircumstances)]
