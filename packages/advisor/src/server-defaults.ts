/** Defaults of a server that a plan reckons with (PROTOCOL §16). */
export const serverDefaults = {
  maxConnections: 10_000,
  acceptRate: 1000,
  acceptBurst: 10_000,
  retryMs: 2000,
  drainWindowMs: 5000,
  keepAliveMs: 65_000,
  heartbeatMs: 15_000,
  maxAgeMs: 600_000,
} as const
