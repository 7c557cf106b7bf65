import type { RestartOptions } from './nodes.js'
import type { On, Rule, Way } from './weather.js'

/** A fault that happens so often, and no more. */
export interface Counted extends On {
  /** Default: once. */
  readonly count?: number
}

/** What goes wrong on the way. Each lasts until `heal`, unless it says otherwise. */
export interface NetworkFaults {
  /** A proxy that buffers: what is held open, a stream or a WebSocket, says nothing from now on. Whole answers pass. */
  mute(options?: On): void
  /** What is open now is cut without a word, once. */
  cut(options?: On): void
  /** A middlebox that lets a WebSocket's handshake pass and cuts it after so long, in milliseconds. */
  cutSockets(options: { readonly after: number }): void
  /** The next deliveries are lost on the way, and their connection with them; of a publish its answer is. */
  drop(options?: Counted): void
  /** The next deliveries come twice, and the next requests reach the server twice. */
  repeat(options?: Counted): void
  /** Nothing new gets through: no connection, or this status from something in front. */
  refuse(options?: On & { readonly status?: number }): void
  /** A captive portal: a page with status 200 in place of each answer. */
  html(options?: On): void
  /** Whatever is sent takes so long, in milliseconds. */
  delay(options: On & { readonly ms: number }): void
  /** All is well again. */
  heal(): void
}

/** What goes wrong with the server as well, or with all devices at once. */
export interface ServerFaults extends NetworkFaults {
  /** Tokens end now: of one identity, or of all. Whoever reads by them is told. */
  expireToken(id?: string): Promise<void>
  /** The node dies without a word, and is away until it is started again. */
  killNode(): Promise<void>
  /** It dies, if it still lives, and another one is there at once. */
  restartNode(options?: RestartOptions): Promise<void>
  /** The node sends everybody away with a time to come back, and takes nobody more. */
  drain(): Promise<void>
  /** All devices sleep for so long, in milliseconds of virtual time. */
  sleep(ms: number): void
  /** All is well again: a node that is dead or drains is started anew. */
  heal(): void
  /** Has these happen later, by virtual time from now. */
  script(steps: readonly FaultStep[]): void
}

/** The arguments of a fault in a script: those of the method, or `true` for none. */
type Given<Method> = Method extends (...given: infer Parameters) => unknown
  ? Parameters extends []
    ? true
    : NonNullable<Parameters[0]> | (undefined extends Parameters[0] ? true : never)
  : never

type Steps = {
  readonly [Name in Exclude<keyof ServerFaults, 'script'>]: { readonly at: number } & {
    readonly [Key in Name]: Given<ServerFaults[Name]>
  }
}

/** One thing that goes wrong, and when, in milliseconds from the script's start: `{ at: 3000, mute: { on: 'sse' } }`. */
export type FaultStep = Steps[keyof Steps]

/** What faults of a network are made of. */
export interface FaultParts {
  add(rule: Rule): Rule
  has(rule: Rule): boolean
  clear(): void
  /** What is open now. */
  open(on: On): readonly { cut(): void }[]
  after(ms: number, call: () => void): void
}

const held: readonly Way[] = ['sse', 'ndjson', 'websocket']

function heldWays({ on }: On): readonly Way[] {
  return on === undefined ? held : [on].flat()
}

/** The faults of one network. */
export function createNetworkFaults({ add, has, after, clear, open }: FaultParts): NetworkFaults {
  const cutAll = (lines: ReturnType<typeof open>) => {
    for (const line of lines) line.cut()
  }
  return {
    mute: (options = {}) => void add({ kind: 'mute', on: heldWays(options) }),
    cut: (on = {}) => cutAll(open(on)),
    cutSockets: (options) => {
      const rule = add({ kind: 'cutSockets', ms: options.after })
      const before = open({ on: 'websocket' })
      after(options.after, () => {
        if (has(rule)) cutAll(before)
      })
    },
    drop: ({ count = 1, on } = {}) => void add({ kind: 'drop', on, left: count }),
    repeat: ({ count = 1, on } = {}) => void add({ kind: 'repeat', on, left: count }),
    refuse: ({ on, status } = {}) => void add({ kind: 'refuse', on, status }),
    html: ({ on } = {}) => void add({ kind: 'html', on }),
    delay: ({ on, ms }) => void add({ kind: 'delay', on, ms }),
    heal: clear,
  }
}

/** Does what a step says. */
export function happen(faults: ServerFaults, step: FaultStep): void {
  const { at: _at, ...rest } = step
  const [[name = '', given] = []] = Object.entries(rest)
  const method = faults[name as keyof ServerFaults] as ((given?: unknown) => void) | undefined
  if (!method || name === 'script') throw new TypeError(`A fault script has no step "${name}".`)
  method(given === true ? undefined : given)
}
