/** Something that can be broken on purpose. */
export interface Fault {
  readonly name: string
  readonly title: string
  /** What it does, in a line. */
  readonly text: string
  /** Whether it lasts until it is mended, or is over in a moment. */
  readonly lasts: boolean
  /** What the timeline says of its beginning and its end. */
  readonly begins: string
  readonly ends?: string
}

/** All of them, in the order of the panel. */
export const faults = [
  {
    name: 'mute',
    title: 'Mute the proxy',
    text: 'Streams fall silent',
    lasts: true,
    begins: 'streams are cut, and those that open from now on stay silent',
    ends: 'streams get through again',
  },
  {
    name: 'strip',
    title: 'Strip upgrades',
    text: 'No WebSocket opens',
    lasts: true,
    begins: 'WebSockets are cut, and no other one is let through',
    ends: 'WebSockets get through again',
  },
  {
    name: 'cut',
    title: 'Cut WebSockets',
    text: 'Each of them, once',
    lasts: false,
    begins: 'every WebSocket is cut',
  },
  {
    name: 'stall',
    title: 'Stall a reader',
    text: 'Its stream stops',
    lasts: true,
    begins: 'streams of This machine stand still on the way',
    ends: 'streams of This machine get through again',
  },
  {
    name: 'away',
    title: 'Lose the network',
    text: 'No request gets out',
    lasts: true,
    begins: 'every connection is cut, and no request gets through',
    ends: 'requests get through again',
  },
  {
    name: 'token',
    title: 'Expire the token',
    text: 'A new one is needed',
    lasts: false,
    begins: 'all tokens have ended, and whoever reads by one is told',
  },
  {
    name: 'restart',
    title: 'Restart the server',
    text: 'Drained, same log',
    lasts: false,
    begins: 'it sends its readers away, ends, and another one starts',
  },
  {
    name: 'kill',
    title: 'Kill a node',
    text: 'One of two, at once',
    lasts: false,
    begins: 'node-2 dies without a word',
  },
  {
    name: 'hide',
    title: 'Hide the tab',
    text: 'As if nobody saw it',
    lasts: true,
    begins: 'the page’s clients are told that nobody sees it',
    ends: 'they are told that it is seen again',
  },
] as const satisfies readonly Fault[]

/** A fault by its name. */
export const faultOf = (name: string): Fault | undefined => faults.find((one) => one.name === name)
