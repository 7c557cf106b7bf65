// @ts-check
import { defineChannels } from '@gamut/server'
import { z } from 'zod'
import { needs } from './needs.mjs'
import { readDay } from './server/day.mjs'

/** A name that is shown beside what somebody says. */
const person = z.string().trim().min(1).max(24)

/** What tells those apart who have drawn one name; who publishes by hand need not have any. */
const id = z.string().regex(/^[a-z0-9]{8}$/)

/** What this machine does at one moment. */
const metrics = z.object({
  /** Percent, of all cores and of each. */
  cpu: z.number(),
  cores: z.array(z.number()),
  /** Bytes. */
  memory: z.object({ used: z.number(), total: z.number() }),
  /** Bytes a second. */
  network: z.object({ received: z.number(), sent: z.number(), loopback: z.number() }),
  /** How late the server's event loop was at worst but for one time in a hundred, in milliseconds. */
  loopMs: z.number(),
  connections: z.number(),
})

/** What has happened since the server's day began: midnight, or its start. */
const day = z.object({
  sinceMs: z.number(),
  meanCpu: z.number(),
  peakCpu: z.number(),
  said: z.number(),
  deploys: z.number(),
})

/** What the team can set. */
const settings = z.object({
  metricsPerSecond: z.literal([1, 4, 10, 20]),
  /** A processor that is busier than this, in percent, is told of. */
  alertPercent: z.number().int().min(50).max(100),
})

const percent = z.number().min(0).max(100)

const progress = z.object({ step: z.string(), percent })

/** A minute and more: enough to fill the charts of who comes, and to resume. */
const minutes = { count: 1200, bytes: 1024 * 1024, ageMs: 180_000 }

/** Every channel of the page, with what it carries and what its use needs. */
export const channels = defineChannels({
  'machine/metrics': { schema: metrics, publish: 'server', retention: minutes, need: needs.metrics },
  'chat/:room': {
    schema: z.object({ from: person, by: id.optional(), text: z.string().trim().min(1).max(1000) }),
    retention: { count: 500, bytes: 1024 * 1024, ageMs: 86_400_000 },
    maxMessageBytes: 4096,
    need: needs.chat,
  },
  'typing/:room': { schema: z.object({ from: person, by: id.optional() }), volatile: true, need: needs.chat },
  // Whoever comes late gets each note as it is now, and who is slow the newest place of each.
  'board/:name': {
    schema: z.object({ text: z.string().trim().min(1).max(140), x: percent, y: percent, hue: z.number() }),
    keyed: { maxKeys: 1000 },
    conflate: true,
    maxMessageBytes: 1024,
    need: needs.board,
  },
  'cursors/:board': {
    schema: z.object({ name: person, x: percent, y: percent }),
    keyed: { maxKeys: 200, ageMs: 10_000 },
    volatile: true,
    conflate: true,
    need: needs.board,
  },
  notices: {
    schema: z.object({ text: z.string() }),
    publish: 'server',
    retention: { count: 100 },
    need: needs.notices,
  },
  'report/daily': {
    schema: day,
    publish: 'server',
    source: { load: readDay, everyMs: needs.report.stalenessMs },
    need: needs.report,
  },
  'settings/room': {
    schema: settings,
    retention: { count: 100 },
    maxMessageBytes: 256,
    need: needs.settings,
  },
  deploys: {
    schema: z.object({ id, by: person }),
    retention: { count: 100 },
    maxMessageBytes: 256,
  },
  'deploy/:id': { schema: progress, publish: 'server', need: needs.deploy },
})
