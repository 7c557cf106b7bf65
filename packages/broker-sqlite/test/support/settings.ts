import type { LogSettings } from '@gamut/server'

/** Settings under which nothing is lost soon. */
export const roomy: LogSettings = {
  retention: { count: 100_000, bytes: 1_000_000_000, ageMs: 3_600_000 },
  volatile: false,
  idempotency: { windowMs: 3_600_000, maxKeys: 10_000 },
}

/** Everything at once. */
export const whole = { count: 100_000, bytes: 1_000_000_000 }
