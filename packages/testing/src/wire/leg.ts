import type { Cursor, TransportName } from '@gamut/protocol'
import { openReader, positionOf, type WireReader } from './open-reader.js'
import { pause } from './pause.js'
import { channelsOf, type ReadOptions } from './read-request.js'
import type { ReaderEvent } from './reader-event.js'
import { createSplice, type Spliced } from './splice.js'
import { createVerdict, type Verdict } from './verdict.js'

/** One connection of a follower. */
export interface Leg {
  readonly reader: WireReader
  readonly verdict: Verdict
  /** What has come before the leg took over. */
  readonly early: ReaderEvent[]
  /** Where the reader was opened. */
  readonly from: ReadonlyMap<string, Cursor>
  splice: (event: ReaderEvent) => Spliced
}

/** Opens a connection at these positions, or as the options say while there are none. */
export function openLeg(
  transport: TransportName,
  options: ReadOptions,
  positions: ReadonlyMap<string, Cursor>,
): Leg {
  const from = new Map(positions)
  const { last: _last, lastEventId: _lastEventId, ...lasting } = options
  // A channel that was not opened yet begins where it should have begun.
  const given = typeof options.cursor === 'object' ? options.cursor : []
  const cursor =
    positionOf(options, from) ??
    channelsOf(options).map((name, index) => from.get(name) ?? given[index] ?? '')
  // A leg takes over once it is open, so a long-poll tells at once where it stands and waits from its second request on.
  const quick = { firstWaitSeconds: 0, ...(from.size === 0 ? options : { ...lasting, cursor }) }
  const reader = openReader(transport, quick)
  return { reader, verdict: createVerdict(), early: [], from, splice: () => 'take' }
}

/** Reads until every channel has been opened; `false` if the connection ends before. */
export async function readToOpen(leg: Leg, channels: readonly string[]): Promise<boolean> {
  const unopened = new Set(channels)
  while (unopened.size > 0) {
    const event = await leg.reader.next()
    if (!event || event.kind === 'closed') return false
    leg.early.push(event)
    if (event.kind === 'open') unopened.delete(event.channel)
  }
  return true
}

/** Joins an opened leg to what another one has brought meanwhile. */
export function joinLeg(leg: Leg, held: ReadonlyMap<string, Cursor>): void {
  leg.splice = createSplice(leg.from, held)
}

/** The leg's next event; a `closed` of our own if nothing comes for so long and there is no excuse for it. */
export async function nextEvent(
  leg: Leg,
  silenceMs: number,
  isExcused: () => boolean,
): Promise<ReaderEvent | undefined> {
  const early = leg.early.shift()
  if (early) return early
  const next = leg.reader.next()
  for (;;) {
    const stop = new AbortController()
    const silence = pause(silenceMs, stop.signal).then(() => 'silence' as const)
    const event = await Promise.race([next, silence])
    stop.abort()
    if (event !== 'silence') return event
    if (isExcused()) continue
    leg.reader.close()
    return { kind: 'closed', how: 'cut', message: `Nothing came for ${silenceMs} ms.` }
  }
}
