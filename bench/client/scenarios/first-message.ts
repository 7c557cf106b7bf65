import { firstEventMs } from '../first-event.ts'
import { roundTripMs } from '../round-trip.ts'
import {
  bare,
  byItself,
  centrifuge,
  eventSource,
  fromMute,
  overLongPoll,
  overNdjson,
  overPoll,
  overSse,
  overWebSocket,
  socketIo,
} from '../subjects.ts'
import type { ClientScenario, Place } from './client-scenario.ts'

const near = 'loopback'
const far = `${roundTripMs} ms there and back`
const portOf = (group: string, { ports }: Place) => (group === far ? ports.far : ports.near)

/** From nothing to the first message. */
export const firstMessage: ClientScenario = {
  name: 'client-first-message',
  title: 'Clients: first message',
  text: `From \`connect()\` to the first message of a channel, one client after the other in a process that is warm, all before the same feeder, which has the message ready: once on this machine, where it is CPU, and once behind ${roundTripMs} ms there and back, where it is how often a client waits for an answer (a new connection’s first bytes wait once more, as for the handshake of TCP). A window is the middle of its clients.`,
  measures: [
    { name: 'ms', title: 'time to the first message', unit: 'ms', digits: 2 },
    { name: 'most', title: 'the longest', unit: 'ms', digits: 2 },
  ],
  reaches: [
    { of: 'ours websocket', measure: 'ms', to: 'centrifuge', atMost: 1, where: far },
    { of: 'ours sse', measure: 'ms', to: 'event-source', atMost: 1.1, where: far },
  ],
  groups: [near, far].map((name) => ({
    name,
    rows: [
      overWebSocket,
      overSse,
      overNdjson,
      overLongPoll,
      overPoll,
      byItself,
      centrifuge,
      socketIo,
      eventSource,
      bare,
    ],
  })),
  official: { pairs: 4, seconds: 0 },
  takes: (group, { quick }) => (group === far ? (quick ? 0.3 : 0.8) : 0.3),
  measure: ({ path, way }, group, place) => {
    const url = `http://127.0.0.1:${portOf(group, place)}/once/${path}`
    const count = group === far ? 10 : 40
    return place.reader.follow({ type: 'connect', url, way, count: place.settings.quick ? count / 4 : count })
  },
}

/** What a mute proxy costs. */
export const moving: ClientScenario = {
  name: 'client-moving',
  title: 'Clients: moving on from what is mute',
  text: `The first transport opens and says nothing, as behind a proxy that buffers; the client has ${firstEventMs} ms for it here (3,000 if not said) and moves to the next one. The figure is the time from \`connect()\` to the first message less that deadline. It is Gamut’s alone: no peer looks at what a transport delivers.`,
  measures: [
    { name: 'beyondMs', title: 'time beyond the deadline', unit: 'ms', digits: 2 },
    { name: 'ms', title: 'in all', unit: 'ms', digits: 1 },
  ],
  reaches: ['websocket', 'sse', 'ndjson'].map((name) => ({
    of: `ours ${name}`,
    measure: 'beyondMs',
    atMost: roundTripMs,
    where: near,
  })),
  groups: [near, far].map((name) => ({
    name,
    rows: [fromMute('websocket', 'sse'), fromMute('sse', 'websocket'), fromMute('ndjson', 'long-poll')],
  })),
  official: { pairs: 4, seconds: 0 },
  takes: () => 0.7,
  measure: async ({ path, way }, group, place) => {
    const [first] = way.split(',')
    const url = `http://127.0.0.1:${portOf(group, place)}/mute-${first}/${path}`
    const { ms = 0 } = await place.reader.follow({ type: 'connect', url, way, count: 1 })
    return { beyondMs: ms - firstEventMs, ms }
  },
}
