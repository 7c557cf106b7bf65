import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { defaultLimits } from '@gamut/server'
import { describe, expect, it, onTestFinished } from 'vitest'
import { runCommandLine } from '../src/command-line.js'
import type { Failure } from '../src/failure.js'
import { toFlag } from '../src/option.js'
import type { Terminal } from '../src/terminal.js'
import { runCommand } from './run-command.js'
import { temporaryFiles } from './temporary-files.js'

/** What a command line prints, or is refused with, run in this process. */
async function ask(args: readonly string[]) {
  const printed: string[] = []
  const terminal: Terminal = {
    print: (line) => void printed.push(line),
    note: (line) => void printed.push(line),
    paint: (_style, text) => text,
    columns: undefined,
    onBroken: () => {},
  }
  try {
    return { code: await runCommandLine(args, terminal, {}), out: printed.join('\n') }
  } catch (error) {
    const { exitCode, message } = error as Failure
    return { code: exitCode, out: printed.join('\n'), message }
  }
}

describe('who asks for JSON', () => {
  it.each([
    [['doctor', 'nowhere'], 2, 'usage_invalid'],
    [['explain', 'chat/a'], 2, 'usage_invalid'],
    [['tail', 'chat/a', '--as', 'pigeon'], 2, 'usage_invalid'],
    [['bench', '--seconds', '0'], 2, 'usage_invalid'],
    [['publish', 'chat/a', '1', '--url', 'http://127.0.0.1:1'], 1, 'failed'],
  ])('gets what is wrong as JSON: %j', async (args, code, said) => {
    const refused = await ask([...args, '--json'])
    expect(refused.code).toBe(code)
    const plain = await ask(args)
    const { error } = JSON.parse(refused.out)
    expect(error).toMatchObject({ code: said, message: plain.message })
  })
})

describe('help', () => {
  it('is the same however it is asked for, and fits 80 columns', async () => {
    const overview = await ask(['--help'])
    expect(overview.out).toMatch(/serve .*\n.*publish .*\n.*tail /)
    for (const way of [['help'], ['-h'], [], ['help', 'help'], ['help', '--help']])
      expect(await ask(way)).toEqual(overview)
    for (const name of ['serve', 'publish', 'tail', 'explain', 'doctor', 'advise', 'plan', 'token']) {
      const help = await ask(['help', name])
      expect(help).toMatchObject({ code: 0, out: expect.stringContaining(`gamut ${name}`) })
      expect(await ask([name, '--help'])).toEqual(help)
      expect(await ask([name, '-h'])).toEqual(help)
      expect(help.out.split('\n').filter((line) => line.length > 80)).toEqual([])
    }
  })

  it('names every limit with its default', async () => {
    const { out } = await ask(['help', 'serve'])
    for (const [name, value] of Object.entries(defaultLimits)) {
      expect(out).toMatch(new RegExp(`${toFlag(name)} N .*\\[${value}\\]`))
    }
  })

  it('comes from the built command without colour where nobody sees it', async () => {
    const { code, out, err } = await runCommand(['help', 'serve'])
    expect({ code, out, err }).toEqual({ code: 0, out: `${(await ask(['help', 'serve'])).out}\n`, err: '' })
  })
})

describe('the command', () => {
  it('tells its version', async () => {
    expect(await ask(['--version'])).toEqual({ code: 0, out: expect.stringMatching(/^\d+\.\d+\.\d+$/) })
  })

  it.each([
    [['srve'], 'Did you mean serve?'],
    [['--verbose'], '--verbose'],
    [['help', 'frobnicate'], 'frobnicate'],
    [['serve', '--prot', '1'], 'Did you mean --port?'],
    [['serve', 'now'], '"now"'],
    [['tail'], 'gamut tail CHANNEL'],
    [['tail', 'a', '--transport', 'websockets'], 'Did you mean websocket?'],
    [['tail', 'a', '--cursor', 'oldest', '--last', '3'], '--cursor and --last'],
    [['tail', 'a', 'a'], 'named twice'],
    [['tail', 'a', '--url', 'ftp://a'], '--url'],
    [['publish'], 'gamut publish CHANNEL DATA'],
    [['doctor'], 'gamut doctor https://'],
    [['doctor', 'example.com/live'], 'Did you mean https://example.com/live?'],
    [['doctor', 'http://a', 'http://b'], 'one at a time'],
    [['doctor', 'http://a/channels/b', '--channel', 'c'], 'both name a channel'],
    [['doctor', 'http://a/channels/b%2f%2fc'], 'channel_invalid'],
    [['doctor', 'http://a', '--idle', 'long'], '--idle'],
    [['doctor', 'http://a', '--seconds', '0'], '--seconds'],
    [['doctor', 'http://a', '--operations-url', 'a'], '--operations-url'],
    [['publish', 'a', 'b', 'c'], 'more than one DATA'],
    [['publish', 'a', '--delete'], '--key'],
    [['publish', 'a', '1', '--text', '--lines'], '--lines'],
    [['publish', 'a', '1', '--token', 'a b'], '--token'],
    [['advise', 'sse'], '"sse"'],
    [['advise', '--readers', '1.5'], '--readers: a whole number'],
    [['advise', '--staleness', '5'], '--staleness: "5" of what? Give 5s, or 5ms.'],
    [['advise', '--updates', '5/week'], '--updates: "5/week" is no rate like'],
    [['advise', '--loss', 'some'], '--loss: may-miss, must-not'],
    [['advise', '--reader', '5'], 'Did you mean --readers?'],
  ])('refuses %j by its name', async (args, said) => {
    expect(await ask(args)).toEqual({ code: 2, out: '', message: expect.stringContaining(said) })
  })

  it('says what is wrong in one line, with the exit code 2', async () => {
    const { code, out, err } = await runCommand(['srve'])
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toMatch(/^gamut: There is no command "srve"\..*\n$/)
  })
})

describe('serve that cannot start', () => {
  it('says in one line that its port is taken, and its exit code is 1', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    onTestFinished(() => void other.close())
    await new Promise((resolve) => other.once('listening', resolve))
    const port = String((other.address() as AddressInfo).port)
    const { code, out, err } = await runCommand(['serve', '--port', port])
    expect({ code, out }).toEqual({ code: 1, out: '' })
    expect(err).toMatch(new RegExp(`^gamut: Cannot listen on 127\\.0\\.0\\.1 port ${port}: .*\\n$`))
  })

  it('refuses an address that others reach without a door (§12)', async () => {
    const onlyKnown = { 'a.json': '{}', 'b.mjs': 'export default { authenticate: () => null }' }
    const cwd = temporaryFiles(onlyKnown)
    for (const config of ['a.json', 'b.mjs']) {
      const args = ['serve', '--host', '0.0.0.0', '--port', '0', '--config', config]
      const { code, err } = await runCommand(args, { cwd })
      expect(code).toBe(2)
      expect(err).toMatch(/authorize.*--public/)
    }
  })

  it('tells what start threw, and its exit code is 1', async () => {
    const cwd = temporaryFiles({
      'gamut.config.mjs': 'export default { start() { throw new Error("no sensor") } }',
    })
    const { code, err } = await runCommand(['serve', '--port', '0'], { cwd })
    expect(code).toBe(1)
    expect(err).toContain('start in gamut.config.mjs failed: Error: no sensor')
  })
})
