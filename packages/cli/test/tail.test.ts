import { transports } from '@gamut/protocol'
import { beforeAll, describe, expect, it } from 'vitest'
import { freePort } from '../../../e2e/support/free-port.js'
import { type RunningGamut, runGamut, startGamut } from '../../../e2e/support/gamut.js'
import type { RunningProcess } from '../../../e2e/support/start-process.js'
import { runCommand } from './run-command.js'
import { temporaryFiles } from './temporary-files.js'

async function publish(server: RunningGamut, channel: string, data: unknown): Promise<string> {
  const init = {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(data),
  }
  const response = await fetch(`${server.url}/channels/${channel}`, init)
  return ((await response.json()) as { cursor: string }).cursor
}

const tail = (server: RunningGamut, args: readonly string[]) =>
  runGamut(['tail', ...args, '--url', server.url])
const shows = (text: string) => (output: string) => output.includes(text)
const events = (output: string) =>
  output
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Record<string, unknown>)

describe('tail under a server that is killed and started again', () => {
  const tails = new Map<string, RunningProcess>()

  beforeAll(async () => {
    const port = ['--port', String(await freePort())]
    const first = await startGamut(port)
    await publish(first, 'room/a', 'before')
    for (const transport of transports)
      tails.set(transport, tail(first, ['room/a', '--transport', transport]))
    for (const reading of tails.values()) await reading.waitFor(shows('"before"'))
    await first.stop('SIGKILL')
    const second = await startGamut(port)
    for (const reading of tails.values()) await reading.waitFor(shows('gap epoch'))
    await publish(second, 'room/a', 'after')
    for (const reading of tails.values()) await reading.waitFor(shows('"after"'))
  }, 30_000)

  it.each(transports)('names the gap over %s and reads on (§5)', (transport) => {
    const lines = (tails.get(transport)?.output() ?? '').split('\n').map((line) => line.slice(14))
    expect(lines.filter((line) => / {2}(?:#|gap |back )/.test(` ${line}`))).toEqual([
      expect.stringMatching(new RegExp(`^${transport} +#\\d+ +"before"$`)),
      expect.stringMatching(new RegExp(`^${transport} +(?:back after .*: )?gap epoch: the log was lost`)),
      expect.stringMatching(new RegExp(`^${transport} +#\\d+ +"after"$`)),
    ])
  })

  it.each(transports.filter((name) => name !== 'poll'))(
    'tells when %s is cut and when it is back',
    (transport) => {
      expect(tails.get(transport)?.output()).toMatch(/ cut: .*\n(?:.*\n)*.* back after /)
    },
  )
})

describe('tail', () => {
  it('shows all transports side by side, labelled and aligned', async () => {
    const server = await startGamut()
    await publish(server, 'room/a', { n: 1 })
    const all = tail(server, ['room/a', '--transport', 'all'])
    await all.waitFor((output) => output.split('{"n":1}').length > transports.length)
    const lines = all
      .output()
      .split('\n')
      .filter((line) => line.includes('{"n":1}'))
    const labels = lines.map((line) => /^\d\d:\d\d:\d\d\.\d{3} {2}(\S+)/.exec(line)?.[1])
    expect(labels.sort()).toEqual([...transports].sort())
    expect(new Set(lines.map((line) => line.indexOf('#'))).size).toBe(1)
    expect(all.output()).not.toContain('\u001b')
    expect(await all.stop('SIGINT')).toEqual({ code: 0, signal: null })
    for (const transport of transports) {
      expect(all.output()).toMatch(new RegExp(`^${transport} +1 message .* cursor \\S+$`, 'm'))
    }
  })

  it('begins where it is told, and gives events as JSON with the data as it was published (§4)', async () => {
    const server = await startGamut()
    const cursor = await publish(server, 'room/a', 1)
    await publish(server, 'room/a', 2)
    await publish(server, 'room/a', { big: 3 })
    const data = (output: string) =>
      events(output).flatMap(({ kind, message }) =>
        kind === 'message' ? [(message as { data: unknown }).data] : [],
      )
    const taken = async (args: readonly string[], count: number) => {
      const reading = tail(server, ['room/a', '--json', ...args])
      await reading.waitFor((output) => data(output).length >= count)
      expect(await reading.stop('SIGINT')).toEqual({ code: 0, signal: null })
      return data(reading.output())
    }
    expect(await taken(['--cursor', 'oldest'], 3)).toEqual([1, 2, { big: 3 }])
    expect(await taken(['--cursor', cursor], 2)).toEqual([2, { big: 3 }])
    expect(await taken(['--last', '2', '--transport', 'ndjson'], 2)).toEqual([2, { big: 3 }])
    expect(await taken([], 1)).toEqual([{ big: 3 }])
  })

  it('follows several channels and names each', async () => {
    const server = await startGamut()
    await publish(server, 'room/a', 'one')
    await publish(server, 'room/long', 'two')
    const both = tail(server, ['room/a', 'room/long'])
    await both.waitFor((output) => output.includes('"one"') && output.includes('"two"'))
    expect(both.output()).toMatch(/ room\/a {5}#\d+ {2}"one"/)
    expect(both.output()).toMatch(/ room\/long {2}#\d+ {2}"two"/)
  })

  it('ends with the exit code 0 once its channel is closed for good (§3)', async () => {
    const server = await startGamut()
    const url = `${server.url}/channels/room/a?close=true`
    await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '"last"' })
    const { code, out } = await runCommand(['tail', 'room/a', '--url', server.url, '--transport', 'all'])
    expect(code).toBe(0)
    expect(out.match(/"last"/g)).toHaveLength(transports.length)
    expect(out.match(/end closed/g)).toHaveLength(transports.length)
  })

  it('ends with the exit code 1 and the reason when it may not read (§12)', async () => {
    const directory = temporaryFiles({ 'a.mjs': 'export default { authorize: () => false }' })
    const server = await startGamut(['--config', `${directory}/a.mjs`])
    const { code, out } = await runCommand(['tail', 'room/a', '--url', server.url, '--transport', 'all'])
    expect(code).toBe(1)
    expect(out.match(/forbidden|unauthenticated/g)?.length).toBeGreaterThanOrEqual(transports.length)
  })
})
