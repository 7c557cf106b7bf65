import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Advice, advise } from '@gamut/advisor'
import { createGamut } from '@gamut/server'
import { describe, expect, it } from 'vitest'
import { adviceLines } from '../src/advice-text.js'
import { parseMs } from '../src/duration.js'
import { parseCount, parseRate, parseSize } from '../src/need-options.js'
import type { Terminal } from '../src/terminal.js'
import { runCommand } from './run-command.js'

/** The answer of `gamut advise` as JSON to what is given on standard input and by options. */
async function ask(input: string, ...args: string[]): Promise<Advice> {
  const { code, out, err } = await runCommand(['advise', '--json', ...args], { input })
  expect({ code, err }).toEqual({ code: 0, err: '' })
  return JSON.parse(out)
}

/** How JSON that is no need is refused. */
async function refused(input: string, ...args: string[]) {
  const { code, out, err } = await runCommand(['advise', '--json', ...args], { input })
  expect({ code, out }).toEqual({ code: 2, out: '' })
  return JSON.parse(err).error
}

const narrow = (columns: number): Terminal => ({
  print: () => {},
  note: () => {},
  paint: (_style, text) => text,
  columns,
  onBroken: () => {},
})

/** Every field by its option, and what is then said. */
const all = {
  options: [
    ...[
      '--direction',
      'both',
      '--updates',
      '30/min',
      '--sends',
      '6/min',
      '--staleness',
      '2s',
      '--readers',
      '2k',
    ],
    ...[
      '--message-bytes',
      '1k',
      '--loss',
      'may-miss',
      '--audience',
      'per-user',
      '--reading',
      '1h',
      '--http',
      '3',
    ],
    ...[
      '--tls',
      '--tabs',
      '3',
      '--proxied',
      '--proxy-buffers',
      '--proxy-cuts-after',
      '30s',
      '--refuses-websocket',
    ],
    ...[
      '--platform',
      'serverless',
      '--time-limit',
      '1m',
      '--battery',
      '--shared-cache',
      'cdn',
      '--round-trip',
      '80ms',
    ],
    ...['--user-regions', '4', '--server-regions', '2', '--between-regions', '200ms'],
  ],
  need: {
    direction: 'both',
    updatesPerSecond: 0.5,
    clientMessagesPerSecond: 0.1,
    stalenessMs: 2000,
    readers: 2000,
    messageBytes: 1000,
    loss: 'may-miss',
    audience: 'per-user',
    readingMs: 3_600_000,
  },
  circumstances: {
    http: 3,
    tls: true,
    tabsPerUser: 3,
    proxied: true,
    proxyBuffers: true,
    proxyCutsAfterMs: 30_000,
    refusesWebSocket: true,
    platform: 'serverless',
    timeLimitMs: 60_000,
    onBattery: true,
    sharedCache: 'cdn',
    roundTripMs: 80,
    userRegions: 4,
    serverRegions: 2,
    betweenRegionsMs: 200,
  },
}

describe('gamut advise --json', () => {
  it('answers a need as the function does, with its circumstances', async () => {
    const need = { updatesPerSecond: 5, stalenessMs: 500, readers: 10_000 }
    const circumstances = { http: 1.1, tabsPerUser: 8 } as const
    const advice = await ask(JSON.stringify({ ...need, circumstances }))
    expect(advice).toEqual(advise(need, circumstances))
    expect(advice.pattern).toBe('websocket')
  })

  it('takes nothing for a need of which nothing is said', async () => {
    expect(await ask('')).toEqual(advise())
  })

  it('lets options come first', async () => {
    const advice = await ask(
      '{"readers":5,"stalenessMs":9,"circumstances":{"tls":true}}',
      '--readers',
      '20',
      '--tls=false',
    )
    expect(advice.need).toMatchObject({ readers: 20, stalenessMs: 9 })
    expect(advice.circumstances.tls).toBe(false)
  })

  it('knows every field by an option', async () => {
    const { need, circumstances } = await ask('', ...all.options)
    expect({ need, circumstances }).toEqual({ need: all.need, circumstances: all.circumstances })
  })

  it.each([
    ['{', undefined, /no JSON/],
    ['[]', undefined, /an object is needed/],
    ['{"readers":-1}', 'readers', /^readers: a number/],
    ['{"staleness":5}', 'staleness', /did you mean stalenessMs/],
    ['{"circumstances":[]}', 'circumstances', /an object/],
    ['{"circumstances":{"http":5}}', 'circumstances.http', /1\.1, 2, 3/],
  ])('names what is wrong with %s', async (input, field, text) => {
    expect(await refused(input)).toEqual({
      code: 'need_invalid',
      message: expect.stringMatching(text),
      ...(field && { field }),
    })
  })

  it.each([
    [['--frobnicate'], '--frobnicate', /There is no option/],
    [['--updates'], '--updates', /needs a value/],
    [['--tls=perhaps'], '--tls', /neither true nor false/],
    [['--updates', '1', '--updates', '2'], '--updates', /given twice/],
    [['now'], undefined, /takes no arguments/],
    [['--calibration', '/there/is/none.json'], '--calibration', /none\.json/],
  ])('says in JSON too what is wrong with the options %j', async (args, field, text) => {
    for (const command of ['advise', 'plan']) {
      const { code, out, err } = await runCommand([command, ...args, '--json'])
      expect({ code, out }).toEqual({ code: 2, out: '' })
      expect(JSON.parse(err)).toEqual({
        error: {
          code: command === 'plan' ? 'plan_invalid' : 'need_invalid',
          message: expect.stringMatching(text),
          ...(field && { field }),
        },
      })
    }
  })

  it.each([
    ['200', 200],
    ['2KB', 2000],
    ['64KiB', 65_536],
    ['1.5 MiB', 1_572_864],
    ['1,024 B', 1024],
    ['1GB', undefined],
    ['.', undefined],
  ])('reads a size: %s', (text, bytes) => expect(parseSize(text)).toBe(bytes))

  it('names the option where that is wrong', async () => {
    expect(await refused('{"readers":5}', '--readers', '1.5')).toMatchObject({ field: '--readers' })
    expect(await refused('', '--staleness', 'soon')).toMatchObject({ field: '--staleness' })
    const told = await refused('', '--staleness', '2')
    expect(told.message).toBe('--staleness: "2" of what? Give 2s, or 2ms.')
    expect((await refused('', '--readers', '-5')).message).toMatch(/^--readers: "-5" is no number/)
  })
})

describe('gamut advise', () => {
  it('begins with the answer, and says what was taken for what was not said', async () => {
    const { out } = await runCommand(['advise', '--staleness', '500ms'])
    expect(out).toMatch(/^SSE is the simplest that meets the need/)
    expect(out).toMatch(/Taken for what was not said\n.*1,000 readers/s)
    expect(out).not.toMatch(/Why\n/)
    const whole = await runCommand(['advise', '--staleness', '500ms', '--explain'])
    expect(whole.out).toMatch(/Why\n.*Not polling: .*How it was weighed/s)
  })

  it('reads a need from standard input for people too', async () => {
    const { out } = await runCommand(['advise'], { input: '{"updatesPerSecond":0.01,"stalenessMs":300000}' })
    expect(out).toMatch(/^Polling /)
  })

  it('leaves standard input alone where options say the need', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'gamut-advise-'))
    const list = join(folder, 'list')
    writeFileSync(list, 'one\ntwo\nthree\n')
    const loop = `while read line; do echo "$line"; "$0" "$1" "$2" --updates 2 > /dev/null; done < "$3"`
    const gamut = fileURLToPath(new URL('../bin/gamut.js', import.meta.url))
    for (const command of ['advise', 'plan']) {
      const out = execFileSync('sh', ['-c', loop, process.execPath, gamut, command, list], {
        encoding: 'utf8',
      })
      expect(out).toBe('one\ntwo\nthree\n')
    }
    rmSync(folder, { recursive: true })
  })

  it('reads it beside options that say how to answer', async () => {
    const { out } = await runCommand(['advise', '--explain'], { input: '{"stalenessMs":300000}' })
    expect(out).toMatch(/^Polling .*Why\n/s)
  })

  it.each([60, 80, 120])('fits %i columns', (columns) => {
    for (const need of [
      {},
      { direction: 'both', readers: 1e6, updatesPerSecond: 20 },
      { stalenessMs: 1 },
    ] as const) {
      const lines = adviceLines(advise(need), true, narrow(columns))
      expect(lines.filter(({ length }) => length > columns)).toEqual([])
      expect(lines.join('\n')).toMatch(/age p99 .* memory/)
    }
  })

  it('shows settings that a server takes', async () => {
    for (const need of [{}, { loss: 'may-miss', direction: 'both' }, { stalenessMs: 60_000 }] as const) {
      const text = adviceLines(advise(need), false, narrow(80)).join('\n')
      const config = /^Set\n(.*?\n {2}\}\n)/ms.exec(text)?.[1] ?? ''
      const { default: options } = await import(
        `data:text/javascript,export default (${encodeURIComponent(config)})`
      )
      const gamut = createGamut(options)
      expect(Object.keys(options.channels)).toEqual(['your/channel'])
      await gamut.drain()
    }
  })
})

describe('what is typed', () => {
  it.each([
    ['5', 5],
    ['0.1', 0.1],
    ['5/s', 5],
    ['30/min', 0.5],
    ['30 per minute', 0.5],
    ['2 a day', 2 / 86_400],
    ['3/h', 3 / 3600],
    ['5/week', undefined],
    ['-5', undefined],
  ])('is read as a rate: %s', (text, rate) => expect(parseRate(text)).toBe(rate))

  it.each([
    ['50ms', 50],
    ['1.5s', 1500],
    ['10m', 600_000],
    ['10min', 600_000],
    ['2d', 172_800_000],
    ['0', 0],
    ['5', undefined],
    ['1y', undefined],
  ])('is read as a time: %s', (text, ms) => expect(parseMs(text)).toBe(ms))

  it.each([
    ['340', 340],
    ['10k', 10_000],
    ['1.5M', 1_500_000],
    ['1,000', 1000],
    ['12,345,678', 12_345_678],
    ['10K', 10_000],
    ['1,00', undefined],
    ['many', undefined],
  ])('is read as a number: %s', (text, count) => expect(parseCount(text)).toBe(count))
})
