// @ts-check

/**
 * Uses that many know, by what they need.
 * @type {readonly { name: string, need: import('@gamut/advisor').Need, circumstances?: import('@gamut/advisor').Circumstances }[]}
 */
export const presets = [
  { name: 'Ticker', need: { updatesPerSecond: 5, stalenessMs: 500, readers: 10_000, loss: 'may-miss' } },
  {
    name: 'Chat',
    need: {
      direction: 'both',
      updatesPerSecond: 2,
      clientMessagesPerSecond: 0.1,
      stalenessMs: 1000,
      readers: 100,
    },
  },
  {
    name: 'Badge',
    need: { updatesPerSecond: 1 / 3600, stalenessMs: 120_000, readers: 10_000, audience: 'per-user' },
  },
  {
    name: 'Dashboard',
    need: { updatesPerSecond: 1 / 30, stalenessMs: 30_000, readers: 200, loss: 'may-miss' },
  },
  {
    name: 'Job',
    need: { updatesPerSecond: 1, stalenessMs: 1000, readers: 200, audience: 'per-user', readingMs: 60_000 },
  },
  { name: 'Live feed', need: { updatesPerSecond: 0.5, stalenessMs: 3000, readers: 5000 } },
  {
    name: 'Game',
    need: {
      direction: 'both',
      updatesPerSecond: 30,
      clientMessagesPerSecond: 20,
      stalenessMs: 100,
      readers: 50,
      loss: 'may-miss',
    },
  },
  {
    name: 'Settings',
    need: {
      direction: 'both',
      updatesPerSecond: 4 / 86_400,
      clientMessagesPerSecond: 2 / 86_400,
      stalenessMs: 3_600_000,
      readers: 1000,
    },
  },
]
