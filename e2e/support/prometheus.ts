import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { endWithTest } from './end-with-test.js'
import { freePort } from './free-port.js'
import { partPath } from './parts.js'
import { startProcess } from './start-process.js'

/** A running Prometheus that scrapes one server four times a second. */
export interface RunningPrometheus {
  /** The values of an expression now, one for each series. Throws where Prometheus refuses it. */
  query(expr: string): Promise<readonly number[]>
}

interface Answer {
  readonly status: string
  readonly error?: string
  readonly data?: {
    readonly resultType: string
    readonly result: readonly { readonly value: readonly [number, string] }[]
  }
}

/** Starts a real Prometheus with all its files in a folder of its own. It asks with the key where one is given. */
export async function startPrometheus(scraped: {
  readonly port: number
  readonly operationsKey?: string
}): Promise<RunningPrometheus> {
  const folder = await mkdtemp(join(tmpdir(), 'gamut-prometheus-'))
  endWithTest(() => rm(folder, { recursive: true, force: true }))
  const port = await freePort()
  const { operationsKey } = scraped
  const authorization =
    operationsKey === undefined ? '' : `authorization: { credentials: '${operationsKey}' }`
  await writeFile(
    join(folder, 'prometheus.yml'),
    `
global: { scrape_interval: 250ms, evaluation_interval: 250ms }
scrape_configs:
  - job_name: gamut
    ${authorization}
    static_configs: [{ targets: ['127.0.0.1:${scraped.port}'] }]
`,
  )
  const process = startProcess({
    command: partPath('prometheus'),
    args: [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
  })
  await process.waitFor((output) => output.includes('Server is ready to receive web requests'))
  return {
    query: async (expr) => {
      const url = `http://127.0.0.1:${port}/api/v1/query?query=${encodeURIComponent(expr)}`
      const answer = (await (await fetch(url)).json()) as Answer
      if (answer.status !== 'success') throw new Error(`${answer.error}: ${expr}`)
      return (answer.data?.result ?? []).map(({ value }) => Number(value[1]))
    },
  }
}
