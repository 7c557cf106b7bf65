import type { Need } from '@gamut/advisor'
import type { ChannelName } from './channel.js'
import type { SchemaInput, StandardSchema } from './standard-schema.js'

/** How much of a channel's log is kept: an entry stays while all three allow it, or a little longer where that bounds the work of one call. */
export interface Retention {
  /** Greatest number of messages. */
  readonly count: number
  /** Greatest sum of the messages' sizes in bytes: data, event, key and id as UTF-8. */
  readonly bytes: number
  /** Greatest age in milliseconds, by a clock of the broker's that never goes back; one with only a wall clock says so. */
  readonly ageMs: number
}

/** How the newest message of each key is kept beside the log (PROTOCOL §5). */
export interface KeyedSettings {
  /** Greatest number of keys; a new one past it deletes the key that changed longest ago. */
  readonly maxKeys: number
  /**
   * A key that has not changed for so long is deleted; `Infinity` for never. The broker itself appends `{key, deleted}`,
   * once in all: at the latest when the channel is next appended to, read or asked for in `heads`, and while it is
   * watched within a second. In a closed channel no key ages.
   */
  readonly ageMs: number
}

/** The names of a pattern's `:name` segments. */
type ParamNames<Pattern> = Pattern extends `${infer Head}/${infer Tail}`
  ? ParamNames<Head> | ParamNames<Tail>
  : Pattern extends `:${infer Name}`
    ? Name
    : never

/** What the `:name` segments of a pattern stand for. */
type Params<Pattern> = {
  readonly [Name in string extends Pattern ? string : ParamNames<Pattern>]: string
}

/** Makes a channel out of a query (PROTOCOL §2). */
export interface ChannelSource<Data = unknown, Pattern = string> {
  /** Gives the current value, anything that `JSON.stringify` takes. Runs only while somebody reads, once for all readers. */
  load(context: { readonly channel: ChannelName; readonly params: Params<Pattern> }): Data | Promise<Data>
  /** Least time between two runs, in milliseconds. */
  readonly everyMs: number
}

/** Where a reader without a position begins (PROTOCOL §4). */
export type Initial = 'last' | 'oldest' | 'newest' | 'snapshot'

/** The numbers that data may carry as `v`; none where a schema knows no `v`. */
type VersionOf<Data> = unknown extends Data
  ? number
  : Data extends { readonly v: infer Version extends number }
    ? Version
    : never

/** What an application says of the channels that match a pattern (PROTOCOL §2). Everything has a default (§16). */
export interface ChannelDefinition<Schema = StandardSchema | undefined, Pattern = string> {
  readonly retention?: Partial<Retention>
  readonly keyed?: boolean | Partial<KeyedSettings>
  /** Kept in memory only, and of the log only the newest message: cursors, typing. */
  readonly volatile?: boolean
  /** Anyone may read it, and shared caches may keep its polls. */
  readonly public?: boolean
  readonly initial?: Initial
  /** A reader that is behind gets of each key only the newest message, and `skipped` counts the rest. */
  readonly conflate?: boolean
  /** Greatest size of a message's data in bytes; at most the server's own. */
  readonly maxMessageBytes?: number
  /** `server`: nobody publishes over the network. `authorized` (default): whom the `authorize` hook lets. */
  readonly publish?: 'authorized' | 'server'
  /** What uses require; `measured` has advice and the pace of polls follow what the server measures (PROTOCOL §14). */
  readonly need?: Need | 'measured'
  readonly source?: ChannelSource<SchemaInput<Schema>, Pattern>
  /** Checks each message's data at its publish (`schema_mismatch`), and once more at readers that have the definition. */
  // Not `Schema & StandardSchema`: the compiler would take a large library's type apart for each definition.
  readonly schema?: Schema extends StandardSchema ? Schema : StandardSchema
  /** What data of now carries as its member `v`, 1 or more; its schema knows it. Data without a `v` is of version 0. */
  readonly version?: VersionOf<SchemaInput<Schema>>
  /**
   * Makes data of now out of data of an older version, before the schema sees it. What is stored stays as it was
   * published; one that throws says that the data does not fit.
   */
  upcast?(data: unknown, from: number): unknown
}

/** Definitions by pattern, of which `Schemas` are the schemas; the most exact pattern that matches a name counts. */
export type Channels<Schemas> = {
  readonly [Pattern in keyof Schemas]: ChannelDefinition<Schemas[Pattern], Pattern>
}

/** The schemas of definitions of which nothing is known. */
export type AnySchemas = Readonly<Record<string, StandardSchema | undefined>>

/** Definitions of channels as they are: it only carries their types to whoever takes them, servers and clients alike. */
export function defineChannels<Schemas>(definitions: Channels<Schemas>): Channels<Schemas> {
  return definitions
}
