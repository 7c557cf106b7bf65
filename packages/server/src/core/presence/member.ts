import type { Caller } from '../access/caller.js'

/** One device that is there by this node: who keeps it there, and what the node knows of its key in the log. */
export interface Member {
  readonly key: string
  caller: Caller
  /** Its state as JSON, as it was stored last. */
  state: string
  /** Connections that keep it there. */
  readonly holders: Set<object>
  /** Polls keep it there until then, by `elapsed` like all times here. */
  polledUntil: number
  /** Nobody keeps it there any more, and it is told to have left then. */
  leavesAt: number | undefined
  /** When this node stored it last, and where; nothing before the first time. */
  storedAt: number | undefined
  offset: number
  /** When anybody stored it last, as far as this node has seen. */
  seenAt: number
  /** Another node has stored it too, and may hold it still until then. */
  elsewhereUntil: number
}

/** A device that nobody keeps there yet. */
export function newMember(key: string, caller: Caller): Member {
  return {
    key,
    caller,
    state: '',
    holders: new Set(),
    polledUntil: 0,
    leavesAt: undefined,
    storedAt: undefined,
    offset: 0,
    seenAt: Number.NEGATIVE_INFINITY,
    elsewhereUntil: 0,
  }
}

/** Whether somebody keeps it there. */
export function isKept({ holders, polledUntil }: Member, now: number): boolean {
  return holders.size > 0 || polledUntil > now
}
