// @ts-check

/** @typedef {import('@gamut/server').Gamut} Gamut */

/**
 * One metric of every transport, from the server's own.
 * @param {string} metrics
 * @param {string} name
 */
function byTransport(metrics, name) {
  /** @type {Record<string, number>} */
  const values = {}
  for (const [, transport = '', value] of metrics.matchAll(
    new RegExp(`^${name}\\{transport="([^"]+)"[^}]*\\} (\\S+)$`, 'gm'),
  )) {
    values[transport] = (values[transport] ?? 0) + Number(value)
  }
  return values
}

/**
 * What the server itself does now: held connections and deliveries by transport, its memory in bytes, its age in
 * seconds.
 * @param {Gamut} gamut
 */
export async function readServer(gamut) {
  const { text: metrics } = await gamut.scrape()
  const { rss, heapUsed } = process.memoryUsage()
  return {
    held: gamut.connections,
    connections: byTransport(metrics, 'gamut_connections'),
    deliveries: byTransport(metrics, 'gamut_deliveries_total'),
    memory: { rss, heapUsed },
    uptime: Math.round(process.uptime()),
  }
}
