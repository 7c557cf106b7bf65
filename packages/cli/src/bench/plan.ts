import type { Pattern } from '@gamut/advisor'

/** What the measured server is to be. */
export interface ServerPlan {
  readonly perUser: boolean
  readonly heartbeatMs: number
}

/** What is published there by itself: as by chance, at a mean rate, on each of so many channels. */
export interface Publishing {
  readonly perSecond: number
  readonly channels: number
  readonly messageBytes: number
}

/** What the load does. */
export interface LoadPlan {
  readonly port: number
  readonly pattern: Pattern
  readonly readers: number
  readonly perUser: boolean
  readonly readingMs: number
  /** Between two polls; of a long-poll how long it waits. */
  readonly pollAfterMs: number
  readonly waitMs: number
  /** After how long a page's connection is closed that it does not use. */
  readonly keepAliveMs: number
  /** What each channel gets, whoever sends it. */
  readonly updatesPerSecond: number
  /** What each client sends. */
  readonly sendsPerSecond: number
  readonly messageBytes: number
  /** Over how long the readers come. */
  readonly opensMs: number
  /** Nobody reads: clients only send. */
  readonly onlySends: boolean
}

/** What the server's process has taken since it began: CPU in microseconds. */
export interface Usage {
  readonly user: number
  readonly kernel: number
  /** The server's own counters, by name, over all labels. */
  readonly counters: Readonly<Record<string, number>>
}

/** What the load has seen since it began. */
export interface Counts {
  readonly requests: number
  readonly empty: number
  readonly connects: number
  /** Messages to readers, and from clients. */
  readonly received: number
  readonly sent: number
  readonly down: number
  readonly up: number
  /** Open right now. */
  readonly connections: number
  /** Connections that were cut, answers that were refused: a run with any of them is no measurement. */
  readonly failures: number
}

/** The channel that a reader reads. */
export const channelOf = (reader: number, perUser: boolean) => (perUser ? `user/${reader}` : 'all')

/** What every message begins with, and nothing else that is sent does: they are counted by it. */
export const mark = '{"bench":'

/** A message of about so many bytes. */
export function messageOf(count: number, bytes: number): string {
  const head = `${mark}${count}`
  return `${head},"x":"${'x'.repeat(Math.max(0, bytes - head.length - 8))}"}`
}
