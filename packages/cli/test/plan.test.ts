import { readFileSync } from 'node:fs'
import { type Plan, type PlanInput, plan, serverDefaults } from '@gamut/advisor'
import { defaultLimits } from '@gamut/server'
import { describe, expect, it } from 'vitest'
import { parseBandwidth } from '../src/plan-options.js'
import { planLines } from '../src/plan-text.js'
import type { Terminal } from '../src/terminal.js'
import { runCommand } from './run-command.js'
import { temporaryFiles } from './temporary-files.js'

/** The answer of `gamut plan` as JSON to what is given on standard input and by options. */
async function ask(input: string, ...args: string[]): Promise<Plan> {
  const { code, out, err } = await runCommand(['plan', '--json', ...args], { input })
  expect({ code, err }).toEqual({ code: 0, err: '' })
  return JSON.parse(out)
}

/** How JSON that is no plan is refused. */
async function refused(input: string, ...args: string[]) {
  const { code, out, err } = await runCommand(['plan', '--json', ...args], { input })
  expect({ code, out }).toEqual({ code: 2, out: '' })
  return JSON.parse(err).error
}

const asJson = (value: unknown) => JSON.parse(JSON.stringify(value))

const screen = (columns: number): Terminal => ({
  print: () => {},
  note: () => {},
  paint: (_style, text) => text,
  columns,
  onBroken: () => {},
})

const mix: PlanInput = {
  users: 200_000,
  growth: { percentPerMonth: 10, months: 12 },
  mix: [
    {
      name: 'chat',
      share: 0.3,
      readersPerChannel: 30,
      need: { direction: 'both', updatesPerSecond: 0.5, clientMessagesPerSecond: 0.02 },
    },
    { name: 'badge', need: { updatesPerSecond: 0.001, stalenessMs: 60_000, audience: 'per-user' } },
    { name: 'feed', share: 0.8, need: { updatesPerSecond: 2, stalenessMs: 2000 } },
  ],
  regions: { users: 3, servers: 1 },
}

describe('gamut plan --json', () => {
  it('answers a mix as the function does', async () => {
    expect(await ask(JSON.stringify(mix))).toEqual(asJson(plan(mix)))
  })

  it('takes every field by its option', async () => {
    const options =
      '--users 50k --growth 10% --months 6 --readers-per-user 2 --readers-per-channel 20 --pattern sse --node-memory 8GiB --node-cores 4 --node-fds 100k --node-connections 20k --node-bandwidth 1Gbit --proxy haproxy --proxies 4 --proxy-addresses 2 --backend-addresses 3 --redundancy 2 --broker redis --broker-shards 3 --updates 2 --staleness 2s --http 1.1 --tabs 3 --round-trip 80ms --user-regions 4 --server-regions 2 --between-regions 200ms'
    const input: PlanInput = {
      users: 50_000,
      growth: { percentPerMonth: 10, months: 6 },
      mix: [
        {
          readersPerUser: 2,
          readersPerChannel: 20,
          pattern: 'sse',
          need: { updatesPerSecond: 2, stalenessMs: 2000 },
          circumstances: { http: 1.1, tabsPerUser: 3 },
        },
      ],
      node: { memory: '8GiB', cores: 4, fds: 100_000, connections: 20_000, bytesPerSecond: 125_000_000 },
      proxy: { kind: 'haproxy', count: 4, addresses: 2, backendAddresses: 3 },
      redundancy: 2,
      broker: { kind: 'redis', shards: 3 },
      regions: { roundTripMs: 80, users: 4, servers: 2, betweenMs: 200 },
    }
    expect(await ask('', ...options.split(' '))).toEqual(asJson(plan(input)))
  })

  it('has options come before what is in the JSON', async () => {
    const said = JSON.stringify({ ...mix, proxy: 'caddy', growth: 2 })
    const answer = await ask(said, '--users', '5k', '--proxies', '3', '--growth', '3x', '--redundancy', '0')
    const input: PlanInput = {
      ...mix,
      users: 5000,
      growth: 3,
      proxy: { kind: 'caddy', count: 3 },
      redundancy: 0,
    }
    expect(answer).toEqual(asJson(plan(input)))
  })

  it('takes the figures of another machine', async () => {
    const files = temporaryFiles({ 'slow.json': JSON.stringify({ machine: 'a slow one' }) })
    const { calibration } = await ask('', '--calibration', `${files}/slow.json`)
    expect(calibration.machine).toBe('a slow one')
  })

  it.each<[string, string[], string]>([
    ['{"usres":1}', [], 'usres'],
    ['{"mix":[{"need":{"stalenes":1}}]}', [], 'need.stalenes'],
    ['{"mix":[{},{"need":{"updatesPerSecond":-1}}]}', [], 'mix[1].need.updatesPerSecond'],
    ['{"node":{"cores":0}}', [], 'node.cores'],
    ['{"mix":[{}]}', ['--updates', '3'], '--updates'],
    ['', ['--node-cores', '0'], '--node-cores'],
    ['', ['--updates', '5M'], '--updates'],
    ['', ['--users', 'many'], '--users'],
    ['', ['--user-regions', '0'], '--user-regions'],
    ['', ['--months', '3'], '--months'],
    ['', ['--growth', 'fast'], '--growth'],
    ['', ['--growth', '2x', '--months', '3'], '--growth'],
    ['', ['--pattern', 'see'], '--pattern'],
    ['', ['--readers-per-channel', '0'], '--readers-per-channel'],
  ])('names what is wrong in %s %j', async (input, args, field) => {
    const error = await refused(input, ...args)
    expect(error).toMatchObject({
      code: 'plan_invalid',
      field,
      message: expect.stringContaining(`${field}: `),
    })
  })

  it.each(['[1]', '{', '"a"'])('refuses %s, which is no plan', async (input) => {
    expect((await refused(input)).message).toContain('Standard input')
  })
})

const guide = readFileSync(new URL('../../../docs/guide/planning.md', import.meta.url), 'utf8')
/** What stands between the fences of a kind in the guide, in their order. */
const blocks = (kind: string) =>
  [...guide.matchAll(new RegExp(`^\`\`\`${kind}\\n([\\s\\S]*?)^\`\`\`$`, 'gm'))].map(([, text = '']) => text)

describe('the guide', () => {
  it('shows what its first command prints', async () => {
    const [line = ''] = blocks('sh')
    const { out } = await runCommand(line.trim().split(' ').slice(1))
    const [shown = ''] = blocks('')
    for (const part of shown.split('…\n')) expect(out).toContain(part)
  })

  it('has a mix that is answered', async () => {
    const [mixed = ''] = blocks('json')
    const { users, warnings } = await ask(mixed)
    expect(users.planned).toBe(627_686)
    expect(warnings.map(({ code }) => code)).not.toContain('unmet')
    // In a room there comes at least what its readers send.
    for (const { need, readersPerChannel = 0 } of (JSON.parse(mixed) as PlanInput).mix ?? [])
      expect(need?.updatesPerSecond).toBeGreaterThanOrEqual(
        (need?.clientMessagesPerSecond ?? 0) * readersPerChannel,
      )
  })
})

describe('gamut plan', () => {
  it('begins with the answer, and says what runs out first', async () => {
    const { code, out, err } = await runCommand([
      'plan',
      '--users',
      '50k',
      '--updates',
      '1',
      '--staleness',
      '1s',
    ])
    expect({ code, err }).toEqual({ code: 0, err: '' })
    const [first = ''] = out.split('\n')
    expect(first).toMatch(/^50,000 users need 5 nodes of 2 cores and 4 GiB/)
    expect(out).toMatch(/→ the connections of a process +63 % +80 % +64,000\n/)
    expect(out).toContain('--settings says what to set.')
    expect(out).not.toContain('How each figure came about')
  })

  it('says how each figure came about with --explain', async () => {
    const { out } = await runCommand(['plan', '--users', '50k', '--explain'])
    expect(out).toContain('How each figure came about\n  · nodes: 4 must carry everything')
    expect(out).toContain('Taken for granted')
  })

  it('prints what to set, and files that can be taken as they are, with --settings', async () => {
    const { out } = await runCommand(['plan', '--users', '50k', '--proxy', 'haproxy', '--settings'])
    expect(out).toMatch(/^ {2}proxy {2}nofile 131072$/m)
    expect(out).toMatch(/^# proxy: \/etc\/haproxy\/haproxy.cfg\nglobal\n {2}maxconn \d+\ndefaults$/m)
    expect(out).toMatch(/^net.core.somaxconn = 4096$/m)
  })

  it.each([
    [['50k'], 'plan takes no arguments'],
    [['--userz', '5'], 'Did you mean --users?'],
    [['--node-memory', 'much'], '--node-memory: "much" is no size. Give one like 4GiB.'],
    [['--proxy', 'squid'], '--proxy: nginx, caddy, haproxy, none are possible'],
  ])('refuses %j by its name', async (args, said) => {
    const { code, out, err } = await runCommand(['plan', ...args])
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toContain(said)
  })

  it.each([60, 80, 100, 120, 300])('fits a terminal of %i columns', (columns) => {
    const all = { isWhole: true, hasSettings: false }
    for (const input of [mix, {}, { users: 0 }, { ...mix, proxy: 'none' as const, redundancy: 0 }]) {
      const lines = planLines(plan(input), all, screen(columns))
      expect(lines.filter((line) => line.length > columns)).toEqual([])
      // Sentences are no longer than one likes to read.
      expect(lines.filter((line) => line.startsWith('  · ') && line.length > 100)).toEqual([])
    }
  })

  it('has no colour where nobody sees it', async () => {
    const { out } = await runCommand(['plan'])
    expect(out).not.toContain('\u001b')
  })

  it('reads bandwidths as people write them', () => {
    expect(['1Gbit', '250Mbit/s', '0.5 Gbit', '1GB', 'fast'].map(parseBandwidth)).toEqual([
      125_000_000,
      31_250_000,
      62_500_000,
      undefined,
      undefined,
    ])
  })

  it('reckons with the defaults of the server', () => {
    expect(defaultLimits).toMatchObject(serverDefaults)
  })
})
