import { beforeAll, describe, expect, it } from 'vitest'
import { freePort } from '../../../e2e/support/free-port.js'
import { type RunningGamut, startGamut } from '../../../e2e/support/gamut.js'
import { runCommand } from './run-command.js'
import { temporaryFiles } from './temporary-files.js'

let server: RunningGamut

beforeAll(async () => {
  server = await startGamut(['--base-path', '/live'])
})

const publish = (args: readonly string[], input?: string) =>
  runCommand(['publish', ...args, '--url', `${server.url}/live/`], input === undefined ? {} : { input })

async function stored(channel: string): Promise<readonly Record<string, unknown>[]> {
  const response = await fetch(`${server.url}/live/channels/${channel}?cursor=oldest`)
  const { messages } = (await response.json()) as { messages: Record<string, unknown>[] }
  return messages.map(({ offset, time, tag, ...rest }) => rest)
}

describe('publish', () => {
  it('stores its argument as JSON and prints the cursor after it (§3)', async () => {
    const { code, out, err } = await publish(['one/a', '{"n":1}', '--event', 'said'])
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toMatch(/^\w+\.\d+\.\w+\n$/)
    expect(await stored('one/a')).toEqual([{ data: { n: 1 }, event: 'said' }])
  })

  it('reads standard input where no data or "-" is given', async () => {
    await publish(['two/a'], '[1,\n2]\n')
    await publish(['two/a', '-', '--text'], 'plain\n')
    expect(await stored('two/a')).toEqual([{ data: [1, 2] }, { data: 'plain' }])
  })

  it('stores lines together or not at all (§3)', async () => {
    expect((await publish(['three/a', '--lines'], '{"data":1,"event":"x"}\n{"data":2}\n')).code).toBe(0)
    const refused = await publish(['three/a', '--lines'], '{"data":3}\n{"date":4}\n')
    expect(refused.code).toBe(1)
    expect(refused.err).toContain('body_invalid')
    expect(await stored('three/a')).toEqual([{ data: 1, event: 'x' }, { data: 2 }])
  })

  it('stores nothing twice under one id, and says so (§3)', async () => {
    const [first, second] = [
      await publish(['four/a', '1', '--id', 'k']),
      await publish(['four/a', '1', '--id', 'k']),
    ]
    expect(second).toEqual({ ...first, err: expect.stringContaining('stored before') })
    const third = await publish(['four/a', '2', '--id', 'k'])
    expect(third.code).toBe(1)
    expect(third.err).toContain('idempotency_conflict')
  })

  it('ends a channel for good, with a last message or without (§3)', async () => {
    expect((await publish(['five/a', '"bye"', '--close'])).code).toBe(0)
    expect((await publish(['five/b', '--close'])).code).toBe(0)
    for (const channel of ['five/a', 'five/b']) {
      const { code, err } = await publish([channel, '1'])
      expect({ code, err }).toEqual({ code: 1, err: expect.stringContaining('channel_closed') })
    }
    expect(await stored('five/a')).toEqual([{ data: 'bye' }])
  })

  it('prints the whole answer, or the whole error, as JSON', async () => {
    const done = await publish(['six/a', '1', '--json'])
    expect(JSON.parse(done.out)).toMatchObject({
      channel: 'six/a',
      messages: [{ offset: expect.any(Number) }],
    })
    const refused = await publish(['six/a', 'x', '--json'])
    expect(refused.code).toBe(1)
    expect(JSON.parse(refused.out)).toMatchObject({ error: { code: 'body_invalid' } })
  })

  it('tells a refusal with its code and what to do', async () => {
    const { code, err } = await publish(['seven/a', 'hello'])
    expect(code).toBe(1)
    expect(err).toMatch(/body_invalid: .*--text/)
    expect((await publish(['seven/../a', '1'])).err).toContain('channel_invalid')
    expect((await publish(['$nodes', '1'])).err).toContain('forbidden')
  })

  it('says that nobody listens', async () => {
    const url = `http://127.0.0.1:${await freePort()}`
    const { code, err } = await runCommand(['publish', 'a', '1'], { env: { GAMUT_URL: url } })
    expect({ code, err }).toEqual({ code: 1, err: expect.stringContaining(`Nobody listens at ${url}`) })
  })
})

describe('publish to keyed channels and behind a door', () => {
  it('sets and deletes a key (§3)', async () => {
    const cwd = temporaryFiles({ 'a.json': '{"channels":{"state/*":{"keyed":true}}}' })
    const keyed = await startGamut(['--config', `${cwd}/a.json`])
    const to = (args: readonly string[]) => runCommand(['publish', 'state/door', ...args, '--url', keyed.url])
    expect((await to(['open', '--text', '--key', 'front'])).code).toBe(0)
    expect((await to(['--delete', '--key', 'front'])).code).toBe(0)
    const answer = await (await fetch(`${keyed.url}/channels/state/door?cursor=oldest`)).text()
    expect(answer).toContain('"key":"front","deleted":true')
  })

  it('sends its token (§12)', async () => {
    const cwd = temporaryFiles({
      'a.mjs': `export default {
        authenticate: (request) => request.headers.get('authorization') === 'Bearer t0p' ? { id: 'me' } : null,
        authorize: (identity) => identity?.id === 'me',
      }`,
    })
    const guarded = await startGamut(['--config', `${cwd}/a.mjs`])
    const args = ['publish', 'a', '1', '--url', guarded.url]
    expect((await runCommand(args)).err).toMatch(/unauthenticated|forbidden/)
    expect((await runCommand(args, { env: { GAMUT_TOKEN: 't0p' } })).code).toBe(0)
  })
})
