import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { startGamut } from '../../../e2e/support/gamut.js'
import { examineLimits } from '../src/doctor/limits.js'
import { readKernelLimits } from '../src/kernel.js'
import { temporaryFiles } from './temporary-files.js'

/** What is found where a server tells operators these metrics. */
async function found(samples: Readonly<Record<string, number>>) {
  const text = Object.entries(samples).map(([name, value]) => `# HELP ${name} It.\n${name} ${value}\n`)
  const server = createServer((_request, response) => response.end(text.join('')))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const { port } = server.address() as AddressInfo
  return examineLimits({ url: `http://127.0.0.1:${port}`, key: undefined }, true)
}

const good = {
  process_open_fds: 30,
  process_max_fds: 65_536,
  gamut_connections_max: 10_000,
  system_somaxconn: 4096,
  system_tcp_wmem_max_bytes: 524_288,
}

describe('the limits of a server', () => {
  it('are told by its metrics (§14)', async () => {
    const { url } = await startGamut()
    const text = await (await fetch(`${url}/metrics`)).text()
    const { somaxconn, tcpWmemMaxBytes } = readKernelLimits()
    if (somaxconn !== undefined) expect(text).toContain(`\nsystem_somaxconn ${somaxconn}\n`)
    if (tcpWmemMaxBytes !== undefined)
      expect(text).toContain(`\nsystem_tcp_wmem_max_bytes ${tcpWmemMaxBytes}\n`)
  })

  it('are read where the kernel has them, and unknown elsewhere', () => {
    const folder = temporaryFiles({})
    expect(readKernelLimits(folder)).toEqual({})
    for (const name of ['core', 'ipv4']) mkdirSync(`${folder}/${name}`)
    writeFileSync(`${folder}/core/somaxconn`, '128\n')
    writeFileSync(`${folder}/ipv4/tcp_wmem`, '4096\t16384\t4194304\n')
    expect(readKernelLimits(folder)).toEqual({ somaxconn: 128, tcpWmemMaxBytes: 4_194_304 })
  })

  it('are fine', async () => {
    const severities = (await found(good)).map(({ severity }) => severity)
    expect(severities).toEqual(['ok', 'ok'])
  })

  it.each([
    [{ process_open_fds: 60_000 }, 'fault', /60000 of 65536 file descriptors/],
    [{ process_max_fds: 1024 }, 'warning', /30 of 1024 file descriptors .* 10000 held connections/],
    [{ system_somaxconn: 128 }, 'warning', /somaxconn is 128/],
    [{ system_tcp_wmem_max_bytes: 4_194_304 }, 'note', /hold 4096 KiB for one reader/],
  ])('are too low by %j', async (planted, severity, says) => {
    const bad = (await found({ ...good, ...planted })).filter((one) => one.severity !== 'ok')
    expect(bad).toMatchObject([{ check: 'limits', severity, says: expect.stringMatching(says) }])
    expect(bad[0]?.todo).toMatch(/LimitNOFILE|sysctl/)
  })
})
