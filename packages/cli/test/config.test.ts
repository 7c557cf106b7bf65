import { join } from 'node:path'
import { createGamut, defaultLimits } from '@gamut/server'
import { describe, expect, it } from 'vitest'
import { parseArguments } from '../src/arguments.js'
import { serveCommand } from '../src/commands/serve.js'
import { explainOption, resolveConfig } from '../src/config.js'
import { toFlag, toVariable } from '../src/option.js'
import { temporaryFiles } from './temporary-files.js'

function resolve(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  cwd = temporaryFiles(),
) {
  return resolveConfig(parseArguments(serveCommand, args).options, env, cwd)
}

/** What a wrong option is refused with, wherever it is found: at once, or by the server. */
async function refusal(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  files: Readonly<Record<string, string>> = {},
) {
  try {
    const { options, given } = await resolve(args, env, temporaryFiles(files))
    try {
      createGamut(options)
    } catch (error) {
      throw explainOption(error as TypeError, given)
    }
  } catch (error) {
    return { exitCode: (error as { exitCode?: number }).exitCode, message: (error as Error).message }
  }
  throw new Error('it was taken')
}

const json = (options: object) => ({ 'gamut.config.json': JSON.stringify(options) })

describe('the key of operators', () => {
  const key = 'a-key-of-some-length'

  it('comes by a file, a variable or a config file, and by no flag that others of the machine would see', async () => {
    const file = join(temporaryFiles({ key: `${key}\n` }), 'key')
    const ways = [
      resolve(['--operations-key-file', file]),
      resolve([], { GAMUT_OPERATIONS_KEY_FILE: file }),
      resolve([], { GAMUT_OPERATIONS_KEY: key }),
      resolve([], {}, temporaryFiles(json({ operationsKey: key }))),
      resolve([], {}, temporaryFiles({ ...json({ operationsKeyFile: 'key' }), key })),
    ]
    for (const way of ways) expect((await way).options.operationsKey).toBe(key)
    expect((await refusal(['--operations-key', key])).message).toContain('--operations-key-file')
  })

  it('comes by one way, and is not repeated where it is wrong', async () => {
    const file = join(temporaryFiles({ key: 'too short' }), 'key')
    const twice = await refusal(['--operations-key-file', file], { GAMUT_OPERATIONS_KEY: key })
    expect(twice.message).toContain('GAMUT_OPERATIONS_KEY and --operations-key-file say the same thing')
    const wrong = await refusal(['--operations-key-file', file])
    expect(wrong.message).toContain('--operations-key-file')
    expect(wrong.message).not.toContain('too short')
  })
})

describe('options of serve', () => {
  it('come from flags, then GAMUT_<OPTION>, then PORT, then the config file (§16)', async () => {
    const cwd = temporaryFiles(json({ port: 4 }))
    const env = { GAMUT_PORT: '2', PORT: '3' }
    expect((await resolve(['--port', '1'], env, cwd)).port).toBe(1)
    expect((await resolve([], env, cwd)).port).toBe(2)
    expect((await resolve([], { PORT: '3' }, cwd)).port).toBe(3)
    expect((await resolve([], {}, cwd)).port).toBe(4)
    expect((await resolve([])).port).toBe(8080)
  })

  it('reach the server from every source at once, each where nothing before it says otherwise (§16)', async () => {
    const files = json({
      basePath: '/file',
      node: 'file',
      origins: ['http://file.example'],
      heartbeatMs: 4000,
    })
    const env = { GAMUT_NODE: 'env', GAMUT_ORIGINS: 'http://a.example, http://b.example' }
    const { options } = await resolve(['--base-path=/flag'], env, temporaryFiles(files))
    expect(options).toEqual({
      basePath: '/flag',
      node: 'env',
      origins: ['http://a.example', 'http://b.example'],
      heartbeatMs: 4000,
    })
  })

  it.each(Object.keys(defaultLimits))(
    'give the limit %s by flag, environment and file (§16)',
    async (name) => {
      const expected = { options: { [name]: 1234 } }
      expect(await resolve([toFlag(name), '1234'])).toMatchObject(expected)
      expect(await resolve([], { [toVariable(name)]: '1234' })).toMatchObject(expected)
      expect(await resolve([], {}, temporaryFiles(json({ [name]: 1234 })))).toMatchObject(expected)
    },
  )

  it('take an empty variable, and what Kubernetes sets beside a service of our name, for nothing', async () => {
    const links = {
      GAMUT_PORT: 'tcp://10.0.0.7:80',
      GAMUT_SERVICE_HOST: '10.0.0.7',
      GAMUT_PORT_80_TCP_ADDR: '10.0.0.7',
      GAMUT_HOST: '',
    }
    expect(await resolve([], links)).toMatchObject({ port: 8080, host: '127.0.0.1' })
  })

  it('come with hooks, channels and start from an .mjs file, and its paths from where it lies', async () => {
    const directory = temporaryFiles({
      'my.mjs': 'export default { static: ".", authorize: () => true, channels: { "a/:b": {} }, start() {} }',
    })
    const config = await resolve(['--config', join(directory, 'my.mjs')])
    expect(config).toMatchObject({
      staticPath: directory,
      options: { authorize: expect.any(Function), channels: { 'a/:b': {} } },
      start: expect.any(Function),
    })
  })

  it('say which of two files counts', async () => {
    const { message } = await refusal([], {}, { ...json({}), 'gamut.config.mjs': 'export default {}' })
    expect(message).toMatch(/both gamut\.config\.json and gamut\.config\.mjs.*--config/)
  })
})

const inFile = (options: object) => [[], {}, json(options)] as const
const inModule = (text: string) => [['--config', 'a.mjs'], {}, { 'a.mjs': text }] as const

/** What is wrong, the name it is refused by, and how it is given. */
type WrongOption = readonly [
  what: string,
  name: string,
  args: readonly string[],
  env?: Readonly<Record<string, string>>,
  files?: Readonly<Record<string, string>>,
]

const wrongOptions: readonly WrongOption[] = [
  ['an unknown flag', '--prot', ['--prot', '1']],
  ['a flag without its value', '--port', ['--port']],
  ['a flag that swallows the next', '--port', ['--port', '--json']],
  ['a flag given twice', '--port', ['--port', '1', '--port', '2']],
  ['a flag that is no number', '--heartbeat-ms', ['--heartbeat-ms', '1e3']],
  ['a flag out of its range', '--heartbeat-ms', ['--heartbeat-ms', '0']],
  ['a port out of its range', '--port', ['--port', '65536']],
  ['a flag that is no path', '--base-path', ['--base-path', 'a/']],
  ['a flag that is no origin', '--origins', ['--origins', 'http://a.example/b']],
  ['a flag that is no node', '--node', ['--node', 'a b']],
  ['a level that is none', '--log-level', ['--log-level', 'loud']],
  ['a broker that is none', '--broker', ['--broker', 'amqp://user:secret@host']],
  ['a Redis without an address', '--broker', ['--broker', 'redis://']],
  ['addresses of a Cluster that are none', '--broker', ['--broker', 'redis://a:6379,b:6379']],
  ['a Cluster of two passwords', '--broker', ['--broker', 'redis://:x@a,redis://:secret@b']],
  ['a database that is no number', '--broker', ['--broker', 'redis://a/secret']],
  ['a database in a query', '--broker', ['--broker', 'redis://a?db=3&secret']],
  ['Sentinels of no name', '--broker', ['--broker', 'redis+sentinel://:secret@a:1,b:2/']],
  ['Sentinels without an address', '--broker', ['--broker', 'redis+sentinel://:secret@/mymaster']],
  ['a socket without a path', '--broker', ['--broker', 'unix://:secret@']],
  ['a password with a % of its own', '--broker', ['--broker', 'redis://:secret%zz@a']],
  ['a disk without a folder', '--broker', ['--broker', 'sqlite:']],
  ['two brokers', '--data', ['--data', 'a', '--broker', 'memory:']],
  ['a promise that is none', '--sync', ['--data', 'a', '--sync', 'always']],
  ['a promise of no disk', '--sync', ['--sync', 'full']],
  ['a directory that is none', '--static', ['--static', 'nowhere']],
  ['a file that is none', '--config', ['--config', 'nowhere.json']],
  ['an unknown variable', 'GAMUT_PROT', [], { GAMUT_PROT: '1' }],
  ['a variable that is no number', 'GAMUT_MAX_AGE_MS', [], { GAMUT_MAX_AGE_MS: 'x' }],
  ['a variable out of its range', 'GAMUT_MAX_AGE_MS', [], { GAMUT_MAX_AGE_MS: '0' }],
  ['a variable that is no flag', 'GAMUT_PUBLIC', [], { GAMUT_PUBLIC: 'yes' }],
  ['PORT', 'PORT', [], { PORT: 'x' }],
  ['an unknown option of a file', 'gamut.config.json: prot', ...inFile({ prot: 1 })],
  ['a port of a file', 'gamut.config.json: port', ...inFile({ port: '8080' })],
  ['a limit of a file', 'gamut.config.json: retryMs', ...inFile({ retryMs: '1' })],
  ['a broker of a file', 'gamut.config.json: broker', ...inFile({ broker: 'nats:' })],
  ['a hook of a file', 'a.mjs: authorize', ...inModule('export default { authorize: true }')],
  ['a start of a file', 'a.mjs: start', ...inModule('export default { start: 1 }')],
  [
    'a channel’s option',
    'gamut.config.json: channels["a:b/:c"].retention.cuont',
    ...inFile({ channels: { 'a:b/:c': { retention: { cuont: 1 } } } }),
  ],
  ['a pattern', 'gamut.config.json: channels["a/*/b"]', ...inFile({ channels: { 'a/*/b': {} } })],
  ['a file that is no JSON', 'gamut.config.json', [], {}, { 'gamut.config.json': '{' }],
  ['a file that is no object', 'gamut.config.json', [], {}, { 'gamut.config.json': '[]' }],
  ['a file that throws', 'a.mjs', ...inModule('throw new Error("no")')],
  ['a file without options', 'a.mjs', ...inModule('export const port = 1')],
]

describe('a wrong option of serve', () => {
  it.each(wrongOptions.map(([what, name, args, env = {}, files = {}]) => ({ what, name, args, env, files })))(
    'is refused by its name: $what',
    async ({ name, args, env, files }) => {
      const here = temporaryFiles(files)
      const at = args.map((arg) => (Object.hasOwn(files, arg) ? join(here, arg) : arg))
      const { exitCode, message } = await refusal(at, env, files)
      expect(message).toContain(name)
      expect(exitCode).toBe(2)
      expect(message).not.toContain('secret')
    },
  )

  it('is refused with the name that was probably meant', async () => {
    expect((await refusal(['--prot', '1'])).message).toContain('Did you mean --port?')
    expect((await refusal([], { GAMUT_HOTS: '1' })).message).toContain('Did you mean GAMUT_HOST?')
    expect((await refusal(...inFile({ chanels: {} }))).message).toContain('Did you mean channels?')
  })
})
