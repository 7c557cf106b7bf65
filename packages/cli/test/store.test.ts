import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { freePort } from '../../../e2e/support/free-port.js'
import { type RunningGamut, startGamut } from '../../../e2e/support/gamut.js'
import { describeWith } from '../../../e2e/support/parts.js'
import { startRedis } from '../../../e2e/support/redis.js'
import { startCluster } from '../../../e2e/support/redis-cluster.js'
import { command } from '../../../e2e/support/redis-command.js'
import { startWatchedRedis } from '../../../e2e/support/redis-sentinels.js'
import { startTlsRedis } from '../../../e2e/support/redis-tls.js'
import { until } from '../../../e2e/support/until.js'
import { runCommand } from './run-command.js'
import { temporaryFiles } from './temporary-files.js'

const headers = { 'content-type': 'application/json' }

const publish = (url: string, channel = 'a') =>
  fetch(`${url}/channels/${channel}`, { method: 'POST', headers, body: '1' })

function childrenOf(pid: number): readonly number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number)
}

async function count({ url }: RunningGamut): Promise<number> {
  const answer = await (await fetch(`${url}/channels/a?as=poll&cursor=oldest`)).json()
  return answer.messages.length
}

describe('a store on disk', () => {
  it.each([
    ['--data', (folder: string) => ['--data', folder]],
    ['--broker', (folder: string) => ['--broker', `sqlite:${folder}`]],
  ])('given by %s keeps what was acknowledged although the server is killed', async (_flag, args) => {
    const folder = join(temporaryFiles(), 'data')
    const first = await startGamut(args(folder))
    expect(first.output()).toContain('kept     on disk in')
    expect((await publish(first.url)).status).toBe(201)
    await first.stop('SIGKILL')
    const second = await startGamut(args(folder))
    expect(await count(second)).toBe(1)
  })

  it('is shared by workers, who may die', async () => {
    const server = await startGamut(['--data', join(temporaryFiles(), 'data'), '--workers', '2'])
    for (let turn = 0; turn < 4; turn += 1) expect((await publish(server.url)).status).toBe(201)
    for (let turn = 0; turn < 4; turn += 1) expect(await count(server)).toBe(4)
  })

  it.each([[[]], [['--workers', '2']]])(
    'has one server at a time: the next one says who has it (%s)',
    async (more) => {
      const folder = join(temporaryFiles(), 'data')
      const { pid } = await startGamut(['--data', folder])
      const { code, err } = await runCommand(['serve', '--data', folder, '--port', '0', ...more])
      expect(code).toBe(1)
      expect(err).toContain(`${pid}`)
      expect(err).toContain('The channels cannot be opened')
    },
  )
})

describeWith(['redis', 'openssl'], 'a store in Redis', () => {
  it('is shared by nodes and workers alike, and its password is shown to nobody', async () => {
    const redis = await startRedis(['--requirepass', 'hush'])
    const url = redis.url.replace('//', '//:hush@')
    const one = await startGamut(['--broker', url, '--log-level', 'trace'])
    const two = await startGamut(['--broker', url, '--workers', '2', '--log-level', 'trace'])
    expect((await publish(one.url)).status).toBe(201)
    expect((await publish(two.url)).status).toBe(201)
    for (const server of [one, two, two]) expect(await count(server)).toBe(2)
    for (const server of [one, two]) expect(server.output()).not.toContain('hush')
  })

  it('that lets a worker in no more ends none of the others, and has it back once it does', async () => {
    const redis = await startRedis(['--requirepass', 'hush'])
    const own = redis.url.replace('//', '//:hush@')
    const server = await startGamut(['--broker', own, '--workers', '2', '--log-level', 'trace'])
    await command(own, 'CONFIG', 'SET', 'requirepass', 'other')
    const [first = 0] = childrenOf(server.pid)
    process.kill(first, 'SIGKILL')
    await until(() => server.output().includes('a worker cannot serve'))
    expect((await publish(server.url)).status).toBe(201)
    await command(redis.url.replace('//', '//:other@'), 'CONFIG', 'SET', 'requirepass', 'hush')
    await until(() => server.output().includes('a worker listens again'))
    expect(server.output()).not.toContain('hush')
  })

  it('may be a Cluster, of which some addresses are given; one alone says so to publishers', async () => {
    const cluster = (await startCluster()).map(({ url }) => url)
    const server = await startGamut(['--broker', cluster.slice(0, 2).join(','), '--workers', '2'])
    expect(server.output()).toMatch(/in the Redis Cluster of 127\.0\.0\.1:\d+, 127\.0\.0\.1:\d+/)
    for (const channel of ['a', 'b', 'c', 'd']) expect((await publish(server.url, channel)).status).toBe(201)
    expect(await count(server)).toBe(1)
    const alone = await startGamut(['--broker', cluster[0] ?? ''])
    const answers = await Promise.all(
      Array.from({ length: 16 }, async (_, n) => (await publish(alone.url, `c${n}`)).text()),
    )
    expect(answers.join()).toContain('This Redis is one of a Cluster')
  }, 60_000)

  it('may be behind TLS, where Node is told whose certificate it has', async () => {
    const { url, ca } = await startTlsRedis()
    const server = await startGamut(['--broker', url], { NODE_EXTRA_CA_CERTS: ca })
    expect((await publish(server.url)).status).toBe(201)
    const { code, err } = await runCommand(['serve', '--port', '0', '--broker', url])
    expect(code).toBe(1)
    expect(err).toContain('NODE_EXTRA_CA_CERTS')
  })

  it('may be one that Sentinels watch', async () => {
    const { sentinels } = await startWatchedRedis('hush')
    const hosts = sentinels.map((url) => new URL(url).host).join(',')
    const server = await startGamut(['--broker', `redis+sentinel://:hush@${hosts}/mymaster/3`])
    expect(server.output()).toContain('in the Redis that Sentinels call mymaster')
    expect((await publish(server.url)).status).toBe(201)
    expect(server.output()).not.toContain('hush')
  }, 60_000)

  it('may be away when the server starts: it is ready once it is there (§14)', async () => {
    const port = await freePort()
    const server = await startGamut(['--broker', `redis://127.0.0.1:${port}`])
    const readiness = async () => (await fetch(`${server.url}/readyz`)).status
    expect(await readiness()).toBe(503)
    expect((await publish(server.url)).status).toBe(503)
    await startRedis(['--port', `${port}`])
    await until(async () => (await readiness()) === 200)
    expect((await publish(server.url)).status).toBe(201)
  })

  it('that is full has publishes refused with what to do, in the answer and in the log (§13)', async () => {
    const redis = await startRedis([])
    const server = await startGamut(['--broker', redis.url, '--workers', '1'])
    expect((await publish(server.url)).status).toBe(201)
    await command(redis.url, 'CONFIG', 'SET', 'maxmemory', '1')
    const refused = await publish(server.url)
    expect(refused.status).toBe(503)
    expect((await refused.json()).error.message).toContain(
      'no memory left within its maxmemory: give it more',
    )
    await until(() => server.output().includes('a publish was not stored'))
    expect(server.output()).toContain('no memory left within its maxmemory')
    await command(redis.url, 'CONFIG', 'SET', 'maxmemory', '0')
    await until(async () => (await publish(server.url)).status === 201)
  })

  it('that refuses the password ends the start, and says so without it', async () => {
    const redis = await startRedis(['--requirepass', 'hush'])
    const url = redis.url.replace('//', '//:secret@')
    const { code, err } = await runCommand(['serve', '--port', '0', '--broker', url])
    expect(code).toBe(1)
    expect(err).toContain('does not accept this user and password')
    expect(err).not.toContain('secret')
  })
})
