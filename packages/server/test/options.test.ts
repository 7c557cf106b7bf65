import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { createGamut, defaultLimits, type GamutOptions } from '../src/index.js'

const refused = (options: unknown) => () => createGamut(options as GamutOptions)

const unitSizes: Readonly<Record<string, number>> = {
  KiB: 1024,
  MiB: 1024 ** 2,
  ms: 1,
  s: 1000,
  min: 60_000,
  d: 86_400_000,
}

describe('options', () => {
  it('are in PROTOCOL.md with their defaults, each once and no others (§16)', () => {
    const text = readFileSync(new URL('../../../PROTOCOL.md', import.meta.url), 'utf8')
    const rows = [...text.matchAll(/^\| `(\w+)` \| ([\d,]+)(?: (\w+))? \| .+ \|$/gm)].map(
      ([, name = '', number = '', unit]) =>
        [
          name,
          Number(number.replaceAll(',', '')) * (unit === undefined ? 1 : (unitSizes[unit] ?? Number.NaN)),
        ] as const,
    )
    expect(rows).toHaveLength(Object.keys(defaultLimits).length)
    expect(Object.fromEntries(rows)).toEqual(defaultLimits)
  })

  it.each([
    [{ heartbeat: 1 }, /^heartbeat: no such option/],
    [{ heartbeatMs: '15000' }, /^heartbeatMs: a number from 1 to/],
    [{ heartbeatMs: 0 }, /^heartbeatMs: /],
    [{ heartbeatMs: Number.NaN }, /^heartbeatMs: /],
    [{ basePath: '/rt/' }, /^basePath: /],
    [{ basePath: 'rt' }, /^basePath: /],
    [{ origins: ['https://a.example/path'] }, /^origins: "https:\/\/a.example\/path" is no origin/],
    [{ origins: 'https://a.example' }, /^origins: a list/],
    [{ trustedProxies: '10.0.0.1' }, /^trustedProxies: a list/],
    [{ trustedProxies: ['10.0.0.0/33'] }, /^trustedProxies: "10.0.0.0\/33" is neither/],
    [{ trustedProxies: ['proxy.example'] }, /^trustedProxies: "proxy.example" is neither/],
    [{ forwardedHeader: 'x-real-ip' }, /^forwardedHeader: one of/],
    [{ node: 'a b' }, /^node: /],
    [{ authorize: true }, /^authorize: a function/],
    [{ channels: { 'a/*/b': {} } }, /^channels\["a\/\*\/b"\]: a pattern is/],
    [{ channels: { a: { keyd: true } } }, /^channels\["a"\]\.keyd: no such option/],
    [{ channels: { a: { retention: { count: -1 } } } }, /^channels\["a"\]\.retention\.count: /],
    [{ channels: { a: { retention: { days: 1 } } } }, /^channels\["a"\]\.retention\.days: no such option/],
    [{ channels: { a: { initial: 'snapshot' } } }, /^channels\["a"\]\.initial: "snapshot" needs keyed/],
    [
      { channels: { a: { source: { load: 1, everyMs: 1000 } } } },
      /^channels\["a"\]\.source\.load: a function/,
    ],
    [
      { channels: { a: { keyed: true, source: { load: () => 1, everyMs: 1000 } } } },
      /^channels\["a"\]\.source: /,
    ],
    [{ channels: { a: { source: { everyMs: 1000 } } } }, /^channels\["a"\]\.source\.load: /],
    [{ channels: { a: null } }, /^channels\["a"\]: an object/],
  ])('refuses %j by its name', (options, message) => {
    expect(refused(options)).toThrow(message)
  })

  it('takes the most exact of the patterns that match', async () => {
    const gamut = createGamut({
      authorize: () => true,
      channels: {
        '*': { need: { readers: 1 } },
        'a/*': { need: { readers: 2 } },
        'a/:x': { need: { readers: 3 } },
        'a/b': { need: { readers: 4 } },
        ':x/b/c': { need: { readers: 5 } },
      },
    })
    const readers = async (channel: string) => {
      const response = await gamut.fetch(new Request(`http://gamut.test/channels/${channel}?info`))
      return (await response.json()).need.readers
    }
    const found = await Promise.all(['z', 'z/y', 'a/b', 'a/c', 'a/c/d', 'a/b/c', 'z/b/c'].map(readers))
    expect(found).toEqual([1, 1, 4, 3, 2, 2, 5])
  })
})
