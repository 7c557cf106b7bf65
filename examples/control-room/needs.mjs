// @ts-check

/** @typedef {import('@gamut/advisor').Need} Need */

/** As many as an operations team has looking at once. */
const readers = 20

/**
 * What each widget asks of its channel. The server defines its channels by this, the client takes the transport that
 * follows, and the page says why.
 * @satisfies {Readonly<Record<string, Need>>}
 */
export const needs = {
  metrics: {
    direction: 'to-client',
    updatesPerSecond: 4,
    stalenessMs: 500,
    loss: 'may-miss',
    readers,
    messageBytes: 220,
  },
  chat: {
    direction: 'both',
    updatesPerSecond: 0.5,
    clientMessagesPerSecond: 0.3,
    stalenessMs: 1000,
    loss: 'must-not',
    readers,
    messageBytes: 120,
  },
  board: {
    direction: 'both',
    updatesPerSecond: 5,
    clientMessagesPerSecond: 2,
    stalenessMs: 200,
    loss: 'may-miss',
    readers,
    messageBytes: 90,
  },
  notices: {
    direction: 'to-client',
    updatesPerSecond: 1 / 60,
    stalenessMs: 15_000,
    loss: 'must-not',
    readers,
    messageBytes: 100,
  },
  report: {
    direction: 'to-client',
    updatesPerSecond: 1 / 30,
    stalenessMs: 30_000,
    loss: 'may-miss',
    readers,
    messageBytes: 180,
  },
  settings: {
    direction: 'to-client',
    updatesPerSecond: 1 / 86_400,
    stalenessMs: 3_600_000,
    readers,
    messageBytes: 60,
    readingMs: 600_000,
  },
  deploy: {
    direction: 'to-client',
    updatesPerSecond: 2,
    stalenessMs: 1000,
    loss: 'must-not',
    readers,
    messageBytes: 80,
    readingMs: 15_000,
  },
}
