import { transports } from '@gamut/protocol'
import { openReader, takeKind, takeMessages } from '@gamut/testing'
import { expect, it } from 'vitest'
import { fillIn, metricsOf, operateFile, panelQueries, readDashboard } from './support/dashboard.js'
import { type RunningGamut, startGamut } from './support/gamut.js'
import { describeWith, partPath } from './support/parts.js'
import { startPrometheus } from './support/prometheus.js'
import { startProcess } from './support/start-process.js'
import { until } from './support/until.js'

const channel = 'loaded'
const operationsKey = 'a-key-for-prometheus'
/** What only a fault makes, which a server with a broker in memory does not have. */
const ofFaults = ['gamut_broker_errors_total', 'gamut_hook_errors_total']

const post = (url: string, body: string, headers: Readonly<Record<string, string>> = {}) =>
  fetch(url, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body })

/** One publish, one that is refused, one position of a life that was not, one reader that comes and goes. */
async function doALittle({ url }: RunningGamut, data: string): Promise<void> {
  await post(`${url}/channels/${channel}`, data)
  await post(`${url}/channels/${channel}`, 'no json')
  await fetch(`${url}/channels/${channel}?cursor=other.1.0`)
  const passing = openReader('sse', { origin: url, channel })
  await takeKind(passing, 'open')
  passing.close()
}

/** Readers over every transport, and something to do until the answer is called. */
async function startLoad(server: RunningGamut): Promise<() => Promise<void>> {
  const readers = transports.map((transport) =>
    openReader(transport, { origin: server.url, channel, pollMs: 50 }),
  )
  let isOver = false
  const working = (async () => {
    for (let count = 0; !isOver; count++) await doALittle(server, String(count))
  })()
  await Promise.all(readers.map((reader) => takeMessages(reader, 3)))
  return async () => {
    isOver = true
    await working
    for (const reader of readers) reader.close()
  }
}

describeWith('prometheus', 'a real Prometheus', () => {
  it('scrapes a loaded server with the key, and every query of the dashboard gives data (§14)', async () => {
    const server = await startGamut([], { GAMUT_OPERATIONS_KEY: operationsKey })
    expect((await fetch(`${server.url}/metrics`)).status).toBe(401)
    const prometheus = await startPrometheus({ port: server.port, operationsKey })
    const end = await startLoad(server)
    const isCut = 'reason="slow"'
    const asked = panelQueries(readDashboard()).filter(
      ({ expr }) =>
        !expr.includes(isCut) && !metricsOf(fillIn(expr)).some(({ name }) => ofFaults.includes(name)),
    )
    expect(asked.length).toBeGreaterThan(30)
    for (const { panel, expr } of asked) {
      const hasData = async () =>
        (await prometheus.query(fillIn(expr, '10s'))).some((value) => !Number.isNaN(value))
      await until(hasData).catch((error: unknown) => {
        throw new Error(`no data for "${panel}": ${expr}`, { cause: error })
      })
    }
    await end()
  })

  it('takes the alerting rules', async () => {
    const promtool = partPath('prometheus').replace(/prometheus$/, 'promtool')
    const check = startProcess({
      command: promtool,
      args: ['check', 'rules', operateFile('alerts.yml').pathname],
    })
    expect(await check.exited).toMatchObject({ code: 0 })
    expect(check.output()).toMatch(/SUCCESS: [1-9]\d* rules found/)
  })
})
