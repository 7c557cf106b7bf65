import type { Need } from '@gamut/advisor'

/** A need that is measured, and what it stands for. */
export interface Workload {
  readonly name: string
  readonly need: Need
}

/** How long pages stay open where nothing else is said: so long that it is the usual thing, and so short that many are opened. */
const readingMs = 60_000

const needs: readonly Workload[] = [
  { name: 'ticker', need: { updatesPerSecond: 5, stalenessMs: 1500, readers: 1000 } },
  { name: 'dashboard', need: { updatesPerSecond: 0.5, stalenessMs: 5000, readers: 2000 } },
  { name: 'sales figures', need: { updatesPerSecond: 0.5, stalenessMs: 8000, readers: 4000 } },
  {
    name: 'badges, a channel each',
    need: { updatesPerSecond: 0.2, stalenessMs: 5000, readers: 2000, audience: 'per-user' },
  },
  {
    name: 'jobs of five seconds',
    need: { updatesPerSecond: 2, stalenessMs: 2000, readers: 500, readingMs: 5000 },
  },
  {
    name: 'chat',
    need: {
      direction: 'both',
      updatesPerSecond: 10,
      clientMessagesPerSecond: 0.05,
      stalenessMs: 2000,
      readers: 200,
    },
  },
  {
    name: 'documents, one author each',
    need: {
      direction: 'both',
      updatesPerSecond: 2,
      clientMessagesPerSecond: 2,
      stalenessMs: 2000,
      readers: 200,
      audience: 'per-user',
    },
  },
  {
    name: 'large messages',
    need: { updatesPerSecond: 2, stalenessMs: 3000, readers: 400, messageBytes: 4000 },
  },
  { name: 'bursts', need: { updatesPerSecond: 20, stalenessMs: 2000, readers: 100 } },
  {
    name: 'measurements of devices',
    need: { direction: 'to-server', clientMessagesPerSecond: 5, readers: 200 },
  },
  { name: 'hardly anything', need: { updatesPerSecond: 0, stalenessMs: 8000, readers: 5000 } },
  {
    name: 'pages of ten seconds',
    need: { updatesPerSecond: 0.5, stalenessMs: 4000, readers: 1500, readingMs: 10_000 },
  },
]

/** As different as one machine can show: rates, sizes, audiences, how long pages stay open, and who sends. */
export const workloads: readonly Workload[] = needs.map(({ name, need }) => ({
  name,
  need: { readingMs, ...need },
}))
