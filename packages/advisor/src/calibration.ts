/** CPU of one piece of work, in microseconds: in the process, and in the kernel for it. */
export interface Work {
  readonly user: number
  readonly kernel: number
}

/** Bytes to a reader and from it. */
export interface Way {
  readonly down: number
  readonly up: number
}

/** Bytes of a request's head and of an answer's, as a browser and the server write them. */
export interface Heads {
  readonly request: number
  /** Of who has no position yet: a first request, a message that is sent. */
  readonly first: number
  readonly empty: number
  readonly answer: number
}

/** What a log in Redis costs. The core of Redis is in microseconds. */
export interface RedisCalibration {
  /** One run of the script that appends; what comes for a channel meanwhile shares the next. */
  readonly run: number
  /** How long one is under way, in milliseconds. */
  readonly runMs: number
  /** Each message of a run. */
  readonly message: number
  /** Telling one node that watches. */
  readonly announcement: number
  /** A look at a channel's head for a poll, and a page of its log. */
  readonly head: number
  readonly page: number
  /** Waking up for a command; where many come each second they are found together, so that no more than so many do. */
  readonly wake: { readonly each: number; readonly mostPerSecond: number }
  /** At the node: a run and a message of it; and at each process that watches an announcement and a message of it. */
  readonly node: {
    readonly run: Work
    readonly message: Work
    readonly announcement: Work
    readonly told: Work
  }
  /** Bytes that go between a node and Redis beside the message. */
  readonly bytes: { readonly append: number; readonly announcement: number; readonly read: number }
}

/**
 * What things cost: the constants of the model. Measured by `gamut bench --calibrate` for one runtime on one machine;
 * those of a proxy and of networks are usual values.
 */
export interface Calibration {
  readonly machine: string
  /** As in `2026-11-30`. */
  readonly date: string
  readonly runtime: string
  readonly work: {
    /** A poll that nothing is new for. */
    readonly emptyAnswer: Work
    /** A poll that gets messages, without these. */
    readonly answer: Work
    /** One of them. */
    readonly answeredMessage: Work
    /** More for an answer that is held until there is something, or nothing for long. */
    readonly held: Work
    /** A message by HTTP, without what follows from it. */
    readonly post: Work
    /** The same in a frame of a WebSocket. */
    readonly frame: Work
    /** Keeping a message, and encoding it once for all who read it. */
    readonly append: Work
    /** One message to one reader, by a write of its own. */
    readonly delivery: { readonly sse: Work; readonly websocket: Work }
    /** A kilobyte of messages more, to one reader. */
    readonly kilobyte: Work
    /** A connection, from the handshake until it is read on. */
    readonly open: { readonly request: Work; readonly sse: Work; readonly websocket: Work }
    readonly heartbeat: Work
    readonly tlsHandshake: Work
    /** More for whatever comes after a long pause: code and data are gone from the caches of the processor. */
    readonly wake: Work
  }
  /** The pause after which 63 % of them are gone, in milliseconds. */
  readonly pauseMs: number
  /** Bytes of memory of one connection. */
  readonly memory: {
    readonly idle: number
    readonly 'long-poll': number
    readonly sse: number
    readonly websocket: number
    /** In the kernel, for the server's end of an idle one. */
    readonly kernel: number
    readonly tls: number
  }
  readonly proxy: {
    readonly request: Work
    readonly delivery: Work
    readonly heldBytes: number
    readonly idleBytes: number
  }
  readonly bytes: {
    readonly heads: { readonly 1.1: Heads; readonly 2: Heads; readonly 3: Heads }
    /** What opens a stream or a socket, without the first message: heads, and what is said before it. Over HTTP/2 and 3 a stream's head is as of an answer. */
    readonly open: { readonly sse: Way; readonly websocket: Way }
    /** The answer to a message that was sent by a request. */
    readonly posted: number
    /** What stands around one message. */
    readonly around: { readonly answer: number; readonly sse: number; readonly websocket: number }
    /** What stands around all messages of one answer. */
    readonly aroundAnswer: number
    readonly heartbeat: { readonly sse: number; readonly websocket: number }
    /** What stands around a message that a frame sends, and its answer. */
    readonly frame: Way
    /** TCP and IP for one write and what acknowledges it. */
    readonly segment: { readonly down: number; readonly up: number }
    readonly tlsRecord: number
    readonly tlsHandshake: { readonly down: number; readonly up: number }
  }
  /** From a publish until it is written to the first reader, in milliseconds. */
  readonly delayMs: { readonly expected: number; readonly p99: number }
  /** How long a connection that is not used stays open, in milliseconds. */
  readonly keepAliveMs: { readonly direct: number; readonly proxied: number }
  /** Of a hundred readers so many are slow, and the server and its kernel hold so much for one of them. */
  readonly slow: { readonly percent: number; readonly bytes: number }
  /** What a process takes beside its connections. */
  readonly process: {
    /** Resident when nobody is there, in bytes, and what V8's young generation may grow to. */
    readonly emptyBytes: number
    readonly youngBytes: number
    /** Recent entries that are kept encoded: of one channel, and of all. */
    readonly windowBytes: number
    readonly windowTotalBytes: number
    /** What it keeps of a channel that somebody reads live, beside its log and these entries. */
    readonly channelBytes: number
    /** Descriptors of the log, the broker, files and listeners. */
    readonly descriptors: number
  }
  /** What the system of a machine keeps for itself, in bytes. */
  readonly systemBytes: number
  /** Bytes of memory that a kept message takes beside its own, and a channel. */
  readonly log: {
    readonly memory: { readonly message: number; readonly channel: number }
    readonly redis: { readonly message: number; readonly channel: number }
  }
  readonly redis: RedisCalibration
  /** Acknowledged by many publishers at once, each synced to the disk. */
  readonly sqlite: { readonly appendsPerSecond: number }
  /** What one core of a node comes with. */
  readonly node: { readonly memoryBytes: number; readonly bytesPerSecond: number; readonly readers: number }
}
