import { beforeAll, describe, expect, it } from 'vitest'
import { freePort } from '../../../e2e/support/free-port.js'
import { type RunningGamut, startGamut } from '../../../e2e/support/gamut.js'
import { explanationLines } from '../src/explain-text.js'
import type { Terminal } from '../src/terminal.js'
import { runCommand } from './run-command.js'

const key = 'a-key-of-some-length-for-operators'
let server: RunningGamut

beforeAll(async () => {
  server = await startGamut(['--trace', 'chat/*', '--base-path', '/live'], { GAMUT_OPERATIONS_KEY: key })
})

const explain = (args: readonly string[], env: Record<string, string> = { GAMUT_OPERATIONS_KEY: key }) =>
  runCommand(['explain', ...args, '--url', `${server.url}/live`], { env })

async function publish(channel: string): Promise<number> {
  const url = `${server.url}/live/channels/${channel}`
  const headers = { 'content-type': 'application/json' }
  const { messages } = (await (await fetch(url, { method: 'POST', body: '1', headers })).json()) as {
    messages: { offset: number }[]
  }
  return messages[0]?.offset ?? 0
}

describe('explain (§14)', () => {
  it('says what became of a message for a reader, with its evidence', async () => {
    const offset = await publish('chat/a')
    await (await fetch(`${server.url}/live/channels/chat/a?cursor=oldest`)).text()
    const { code, out, err } = await explain(['chat/a', String(offset), '--reader', '127.0.0.1'])
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toContain(`chat/a · message ${offset}`)
    expect(out).toContain('for poll · nobody known · 127.0.0.1')
    expect(out).toMatch(/^delivered {2}It was given in the answer to its request/m)
    expect(out).toMatch(/^ {2}\d\d:\d\d:\d\d\.\d{3} {2}given in a batch of 1, from /m)
  })

  it('says who got it where no reader is named', async () => {
    const offset = await publish('chat/b')
    await (await fetch(`${server.url}/live/channels/chat/b?cursor=oldest`)).text()
    const { out } = await explain(['chat/b', String(offset)])
    expect(out).toMatch(/^published {2}Message \d+ was stored\./m)
    expect(out).toContain('1 reader: 1 delivered')
  })

  it('prints the whole answer with --json', async () => {
    const { out } = await explain(['chat/c', '1', '--json'])
    expect(JSON.parse(out)).toMatchObject({ channel: 'chat/c', verdict: 'message_unknown' })
  })

  it('begins and ends a trace', async () => {
    expect((await explain(['news/*', '--trace', '60'])).out).toContain('news/* is traced for 60 s more')
    expect((await explain(['news/*', '--trace', '0'])).out).not.toContain('news/*')
  })

  it.each([
    [[], 'Name the channel'],
    [['chat/a'], 'Name the message'],
    [['chat/a', '1', '2'], 'Ask about one at a time'],
    [['chat/a', '1', '--trace', '5'], 'with the channel alone'],
    [['chat/a', '--trace', 'x'], 'no whole number'],
  ])('refuses %j as asked for wrongly', async (args, says) => {
    const { code, err } = await explain(args)
    expect(code).toBe(2)
    expect(err).toContain(says)
  })

  it.each([
    [['a//b', '1'], 'channel_invalid'],
    [['a//b', '--trace', '5'], 'body_invalid'],
  ])('tells a refusal of %j with its code', async (args, refused) => {
    const { code, err } = await explain(args)
    expect({ code, err }).toEqual({ code: 1, err: expect.stringContaining(refused) })
  })

  it('says that it needs the key of operators', async () => {
    const { code, err } = await explain(['chat/a', '1'], {})
    expect({ code, err }).toEqual({
      code: 1,
      err: expect.stringMatching(/unauthenticated: .* GAMUT_OPERATIONS_KEY/),
    })
  })

  it('says where else operators may have to ask', async () => {
    const { code, err } = await runCommand(['explain', 'chat/a', '1', '--url', `${server.url}/elsewhere`])
    expect({ code, err }).toEqual({
      code: 1,
      err: expect.stringMatching(/not_found: .* --operations-port/),
    })
  })

  it('refuses a trace of more than a day', async () => {
    const { code, err } = await explain(['chat/*', '--trace', '86401'])
    expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining('86400 seconds at most') })
  })

  it('says where nobody listens', async () => {
    const url = `http://127.0.0.1:${await freePort()}`
    const { code, err } = await runCommand(['explain', 'a', '1', '--url', url])
    expect({ code, err }).toEqual({ code: 1, err: expect.stringContaining('Nobody listens') })
  })

  it.each([40, 60, 100, 300])('fits a terminal of %i columns', (columns) => {
    const terminal: Terminal = {
      columns,
      print: () => {},
      note: () => {},
      paint: (_style, text) => text,
      onBroken: () => {},
    }
    const reader = {
      id: 'abcdefghij',
      transport: 'websocket',
      identity: 'alice',
      address: '2001:db8::1',
    } as const
    const explained = {
      verdict: 'delivered',
      says: 'It was delivered, and a later ping over the same connection was answered.',
      todo: 'Look at what the reader does with it: its end of the connection has it.',
      evidence: [{ at: 1_790_000_000_000, says: 'given in a batch of 100, to a place of the log' }],
    } as const
    const lines = explanationLines(
      {
        ...explained,
        channel: 'chat/lobby' as never,
        message: { asked: '42', kept: true, offset: 42 },
        reader: 'alice',
        readers: [
          { reader, ...explained },
          { reader, ...explained },
        ],
        audience: { delivered: 2 },
      },
      terminal,
    )
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(Math.min(columns, 100))
  })
})
