import { describe, expect, it } from 'vitest'
import { createGamut, type GamutOptions, type Metrics } from '../../src/index.js'
import { toHttpRequest } from '../to-http-request.js'

const metrics: Metrics = {
  render: async () => ({ contentType: 'text/plain', text: 'all of them' }),
}
const key = 'correct-horse-battery'
const local = '127.0.0.1'

async function ask(
  options: GamutOptions,
  given: Parameters<typeof toHttpRequest>[1],
  target = '/metrics',
): Promise<string> {
  const gamut = createGamut({ metrics, ...options })
  await gamut.ready()
  const reply = await gamut.handle(toHttpRequest(target, given))
  if (reply.kind !== 'plain') throw new Error(`no plain answer: ${reply.kind}`)
  if (reply.status === 200) return 'answered'
  return JSON.parse(String(reply.body)).error.code
}

describe('the routes of operators', () => {
  it.each([
    ['answered', 'of the same machine', { address: local }],
    ['answered', 'by IPv6', { address: '::1', headers: { host: '[::1]:8080' } }],
    ['answered', 'by name', { address: local, headers: { host: 'localhost:8080' } }],
    [
      'answered',
      'on a page of the server’s own',
      { address: local, headers: { host: 'localhost:8080', origin: 'http://localhost:8080' } },
    ],
    ['forbidden', 'of another machine', { address: '10.0.0.7' }],
    ['forbidden', 'of an unknown place', { address: '' }],
    [
      'forbidden',
      'through a proxy on this machine',
      { address: local, headers: { 'x-forwarded-for': '10.0.0.7' } },
    ],
    [
      'forbidden',
      'through a proxy that says so otherwise',
      { address: local, headers: { via: '1.1 front' } },
    ],
    ['forbidden', 'under a foreign name', { address: local, headers: { host: 'rebound.example' } }],
    [
      'forbidden',
      'on a foreign page',
      { address: local, headers: { host: 'localhost:8080', origin: 'http://evil.example' } },
    ],
    ['forbidden', 'on a page without an origin', { address: local, headers: { origin: 'null' } }],
  ])('are %s to one %s while there is no key (§14)', async (answer, _who, given) => {
    expect(await ask({ origins: ['*'] }, given)).toBe(answer)
  })

  it.each([
    ['answered', `Bearer ${key}`, '10.0.0.7'],
    ['answered', `bearer  ${key}`, ''],
    ['unauthenticated', `Bearer ${key}x`, local],
    ['unauthenticated', `Bearer ${key.slice(1)}`, local],
    ['unauthenticated', 'Bearer', local],
    ['unauthenticated', `Basic ${key}`, local],
    ['unauthenticated', undefined, local],
  ])(
    'are %s to "%s" once there is a key, wherever it is from (§14)',
    async (answer, authorization, address) => {
      const headers = authorization === undefined ? {} : { authorization }
      expect(await ask({ operationsKey: key }, { address, headers })).toBe(answer)
    },
  )

  it.each(['/healthz', '/readyz'])('leave %s to everybody (§14)', async (target) => {
    expect(await ask({ operationsKey: key }, { address: '10.0.0.7' }, target)).toBe('answered')
    expect(await ask({}, { address: '' }, target)).toBe('answered')
  })

  it.each(['', 'short', 'with a space in it', 'schlüssel-schlüssel'])(
    'refuse "%s" as a key',
    (operationsKey) => {
      expect(() => createGamut({ operationsKey })).toThrow(/^operationsKey: a key of 16 to 256/)
    },
  )
})

describe('a scrape in process', () => {
  it('gives what /metrics gives, without a key (§14)', async () => {
    expect(await createGamut({ metrics }).scrape()).toEqual({
      contentType: 'text/plain',
      text: 'all of them',
    })
    await expect(createGamut().scrape()).rejects.toMatchObject({ code: 'not_found' })
  })
})
