// @ts-check
import { defineChannels } from '@gamut/server'
import { z } from 'zod'
import { needs } from './needs.mjs'

/** A name that is shown beside what somebody says. */
const person = z.string().trim().min(1).max(24)

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

/** A minute and more: enough to fill the charts of who comes, and to resume. */
const minutes = { count: 1200, bytes: 1024 * 1024, ageMs: 180_000 }

/** Every channel of the page, with what it carries and what its use needs. */
export const channels = defineChannels({
  'machine/metrics': { schema: metrics, publish: 'server', retention: minutes, need: needs.metrics },
  'chat/:room': {
    schema: z.object({ from: person, text: z.string().trim().min(1).max(1000) }),
    retention: { count: 500, bytes: 1024 * 1024, ageMs: 86_400_000 },
    maxMessageBytes: 4096,
    need: needs.chat,
  },
})
