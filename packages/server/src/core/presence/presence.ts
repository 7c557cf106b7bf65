import { type ChannelName, parseJson, parseKey } from '@gamut/protocol'
import type { ReadFrom } from '../../broker/broker.js'
import type { ChannelSettings } from '../../channels.js'
import { GamutError } from '../../error.js'
import type { Limits } from '../../options.js'
import { presenceOf, presencePaceMs } from '../../own-channels.js'
import { take } from '../../take.js'
import type { Caller } from '../access/caller.js'
import type { KeyedViewParts } from '../access/keyed-view.js'
import type { Revocations, Revoked } from '../access/revocations.js'
import type { PublishRate } from '../bounds/publish-rate.js'
import type { LogReader } from '../log/log-reader.js'
import { Room } from './room.js'

/** Pages of a list of who is there. */
const pageLimit = { count: 1000, bytes: 1024 * 1024 }

/** Somebody who is there, by one device. */
export interface PresenceMember {
  /** `''` for nobody known. */
  readonly identity: string
  readonly device: string
  readonly state: unknown
}

/** Who says what about a device. */
export interface Saying {
  readonly caller: Caller
  readonly address: string
  readonly channels: readonly ChannelName[]
  readonly device: string
  /** JSON; `null`: it leaves. */
  readonly state: string
}

/** What presence needs of its node. */
export interface PresenceParts extends KeyedViewParts {
  readonly settings: (channel: ChannelName) => ChannelSettings
  readonly limits: Limits
  readonly log: LogReader
  readonly revocations: Pick<Revocations, 'concerns'>
  readonly publishRate: PublishRate
}

/** What a connection keeps there. */
interface Seat {
  readonly channel: ChannelName
  readonly room: Room
  readonly key: string
}

/** A device that was said to be there, for a connection to keep it there. */
export interface Entered {
  keep(holder: object): void
}

/** Who is there by this node, on which channels (PROTOCOL §11). */
export class Presence {
  readonly #parts: PresenceParts
  readonly #rooms = new Map<ChannelName, Room>()
  readonly #seats = new Map<object, Map<string, Seat>>()

  constructor(parts: PresenceParts) {
    this.#parts = parts
  }

  /**
   * A device is there on channels, or leaves them: for a lease, or for as long as `holder` is. Whether it may is the
   * gate's. Resolves once that is stored; throws `key_invalid`, `too_large`, `overloaded`, and like a publish.
   */
  async say({ caller, address, channels, device, state }: Saying, holder?: object): Promise<Entered> {
    const { limits, publishRate } = this.#parts
    const { identity } = caller
    const key = take(parseKey(`${identity?.id ?? ''}/${device}`))
    if (new TextEncoder().encode(state).length > limits.maxStateBytes)
      throw new GamutError('too_large', `A state has at most ${limits.maxStateBytes} bytes as JSON.`)
    const admit = () => publishRate.take(identity, address, 1)
    const isLeaving = parseJson(state) === null
    if (isLeaving) admit()
    const rooms = channels.map((channel) => this.#room(channel))
    const keep = (by: object) => {
      for (const [index, room] of rooms.entries()) {
        const channel = channels[index] as ChannelName
        const seat = `${channel} ${key}`
        if (isLeaving) this.#seats.get(by)?.delete(seat)
        else this.#sit(by, seat, { channel, room, key })
      }
    }
    await Promise.all(
      rooms.map((room) =>
        isLeaving
          ? room.leave(key, holder)
          : room.say({ key, state, caller, admit, ...(holder && { holder }) }),
      ),
    )
    if (holder) keep(holder)
    return { keep }
  }

  /** A connection has gone, for one of the reasons of connections. */
  release(holder: object, reason: string): void {
    const seats = this.#seats.get(holder)
    if (!seats) return
    this.#seats.delete(holder)
    const how = reason === 'draining' ? 'away' : reason === 'answered' ? 'polls' : 'gone'
    for (const { room, key } of seats.values()) room.release(key, holder, how)
  }

  /** On which channels a connection keeps somebody there. */
  channelsOf(holder: object): ChannelName[] {
    const seats = [...(this.#seats.get(holder)?.values() ?? [])]
    return [...new Set(seats.map(({ channel }) => channel))]
  }

  /** Whom a connection keeps there on a channel has left. */
  async withdraw(holder: object, channel: ChannelName): Promise<void> {
    const seats = this.#seats.get(holder)
    for (const [name, seat] of [...(seats ?? [])]) {
      if (seat.channel !== channel) continue
      seats?.delete(name)
      await seat.room.leave(seat.key, holder)
    }
  }

  /** Somebody may not go on, at all or on a channel: who is there as that one has left. */
  revoke(revoked: Revoked): void {
    for (const [channel, room] of this.#rooms) {
      if (revoked.channel !== undefined && revoked.channel !== channel) continue
      room.expel((caller) => this.#parts.revocations.concerns(revoked, caller))
    }
  }

  /** Who is there on a channel by any node, as the log has it now. */
  async list(channel: ChannelName): Promise<PresenceMember[]> {
    const { log } = this.#parts
    let members: PresenceMember[] = []
    let from: ReadFrom = 'snapshot'
    for (;;) {
      const { page, gap, more } = await log.readNow(presenceOf(channel), from, pageLimit)
      if (gap) members = []
      else
        for (const { key, data } of page.messages())
          if (key !== undefined && data !== undefined) members.push(toMember(key, data))
      if (!gap && (page.head.snapshotEnd || !more)) return members
      from = gap ? 'snapshot' : { cursor: page.head.cursor }
    }
  }

  /** The node is about to send everybody away: nobody's lease shall end before they are back. */
  refresh(): void {
    for (const room of this.#rooms.values()) room.refresh()
  }

  /** Says nothing any more: leases end by themselves, or go on elsewhere. */
  stop(): void {
    for (const room of this.#rooms.values()) room.stop()
    this.#rooms.clear()
    this.#seats.clear()
  }

  #sit(holder: object, name: string, seat: Seat): void {
    const seats = this.#seats.get(holder) ?? new Map<string, Seat>()
    this.#seats.set(holder, seats.set(name, seat))
    seat.room.hold(seat.key, holder)
  }

  #room(channel: ChannelName): Room {
    const known = this.#rooms.get(channel)
    if (known) return known
    const { limits, settings } = this.#parts
    const room: Room = new Room(presenceOf(channel), {
      ...this.#parts,
      maxMembers: limits.maxPresent,
      leaseMs: 3 * presencePaceMs(settings(channel), limits),
      onEmpty: () => {
        room.stop()
        if (this.#rooms.get(channel) === room) this.#rooms.delete(channel)
      },
    })
    this.#rooms.set(channel, room)
    return room
  }
}

function toMember(key: string, data: string): PresenceMember {
  const end = key.lastIndexOf('/')
  return { identity: key.slice(0, end), device: key.slice(end + 1), state: parseJson(data) }
}
