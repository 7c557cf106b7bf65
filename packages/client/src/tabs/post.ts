import type { TransportName } from '@gamut/protocol'
import type { Frame, LinkEnd, Wish } from '../transports/transport.js'

/** A channel as it is wished by a tab, and where that tab is; `''` where it is not known yet. */
export interface Place extends Pick<Wish, 'cursor' | 'maxRate' | 'gap'> {
  readonly channel: string
}

/** What a link of a tab wants of whoever leads: all of it each time, nothing once it leaves. */
export interface Want {
  readonly type: 'want'
  /** The newest term that the tab knows of. */
  readonly term: string
  readonly link: string
  readonly transport: TransportName
  readonly places: readonly Place[]
}

/** What whoever leads tells the links of all tabs. */
export type Word =
  /** It leads: to all when it begins and when it asks who is there; to one as an answer, with where it reads. */
  | {
      readonly type: 'here'
      readonly term: string
      readonly link?: string
      readonly places?: readonly Place[]
    }
  | { readonly type: 'frame'; readonly term: string; readonly key: string; readonly frame: Frame }
  /** The connection of those who wanted this transport has ended. */
  | {
      readonly type: 'ended'
      readonly term: string
      readonly transport: TransportName
      readonly end: LinkEnd
    }

/** What tabs tell each other. It travels as JSON: nothing that could not be cloned. */
export type Post = Want | Word

/** What channels of one connection have in common. */
export function formOf({ maxRate, gap }: Omit<Place, 'channel' | 'cursor'>): string {
  return `${[maxRate, gap]}`
}

/** A channel in one of its forms: what is read once for all tabs. */
export function keyOf(place: Omit<Place, 'cursor'>): string {
  return `${formOf(place)} ${place.channel}`
}
