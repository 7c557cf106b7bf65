import { describe, expect, it } from 'vitest'
import { createTenureRig } from './rig.js'

/** Whether a page of this origin may use `gamut.test`, where `https://app.example` is listed (guarantees: security rule 1). */
const origins: readonly (readonly [title: string, origin: string | undefined, isIn: boolean])[] = [
  ['none', undefined, true],
  ['its own', 'http://gamut.test', true],
  ['its own, behind a proxy that ends TLS', 'https://gamut.test', true],
  ['its own in another case', 'https://GAMUT.test', true],
  ['a listed one', 'https://app.example', true],
  ['a listed one by another scheme', 'http://app.example', false],
  ['a listed one at another port', 'https://app.example:8443', false],
  ['a listed one in another case, as no browser says it', 'https://APP.example', false],
  ['a listed one with a path', 'https://app.example/', false],
  ['its own at another port', 'http://gamut.test:8080', false],
  ['a sub-domain', 'https://sub.gamut.test', false],
  ['a sub-domain of a listed one', 'https://sub.app.example', false],
  ['a parent', 'https://test', false],
  ['a name that ends like its own', 'https://evil-gamut.test', false],
  ['a name that begins like its own', 'https://gamut.test.evil', false],
  ['a name that ends like a listed one', 'https://evil-app.example', false],
  ['a name that begins like a listed one', 'https://app.example.evil', false],
  ['its own as a user', 'https://gamut.test@evil.example', false],
  ['that of a sandbox or a file', 'null', false],
  ['nothing', '', false],
  ['two', 'https://app.example, https://app.example', false],
]

const reads = ['poll', 'long-poll', 'sse', 'ndjson', 'websocket', 'info'] as const
const writes = ['POST', 'DELETE', 'POST /publish', 'POST /tickets'] as const
/** A browser sends a user and password along by itself too, once they stand in some link (RFC 7617). */
const alone: readonly string[] = ['cookie', 'cookie and password']
const credentials = [...alone, 'token', 'ticket', 'cookie and token', 'cookie and ticket'] as const
const bodies = {
  '/publish': '{"messages":[{"channel":"k","data":1,"key":"k"}]}',
  '/tickets': '{"channels":["k"]}',
}

function createRig() {
  const rig = createTenureRig({
    origins: ['https://app.example'],
    channels: { k: { keyed: true } },
    authenticate: ({ headers }: Request) => {
      const isKnown = headers.get('cookie') === 's=ann' || headers.get('authorization') === 'Bearer ann'
      return isKnown ? { id: 'ann' } : null
    },
  })
  /** Whether a way in let somebody in. */
  const tryIn = async (way: string, credential: string, headers: Record<string, string>): Promise<string> => {
    const ticket = credential.includes('ticket') ? `&ticket=${await rig.ticket('ann', 'k')}` : ''
    if (credential.includes('cookie')) headers['cookie'] = 's=ann'
    if (credential.includes('password')) headers['authorization'] = 'Basic eDp5'
    const token = credential.includes('token') ? { token: 'ann' } : {}
    const isWrite = (writes as readonly string[]).includes(way)
    if (!isWrite) {
      const as = way === 'info' ? 'info' : `as=${way}&wait=0`
      const reading = await rig.open(`/channels/k?${as}${ticket}`, { ...token, headers })
      await rig.turns()
      return /"code":"(\w+)"/.exec(reading.text)?.[1] ?? 'in'
    }
    const [method = '', path = '/channels/k'] = way.split(' ')
    headers['content-type'] = 'application/json'
    const body = path in bodies ? bodies[path as keyof typeof bodies] : '1'
    const answer = await rig.ask(`${path}?key=k${ticket}`, { ...token, method, headers, body })
    return answer.status < 300 ? 'in' : JSON.parse(answer.body).error.code
  }
  return { ...rig, tryIn }
}

describe.each(origins)('a page whose origin is %s', (_title, origin, isIn) => {
  it.each(credentials)(
    'with a %s is let in or refused alike on every way (§12, security rule 1)',
    async (credential) => {
      const { tryIn } = createRig()
      const found: Record<string, string> = {}
      const expected: Record<string, string> = {}
      const isByCookieAlone = alone.includes(credential)
      for (const way of [...reads, ...writes]) {
        const isWrite = (writes as readonly string[]).includes(way)
        const needsOrigin = isByCookieAlone && origin === undefined && (isWrite || way === 'websocket')
        found[way] = await tryIn(way, credential, origin === undefined ? {} : { origin })
        if (!isIn || needsOrigin) expected[way] = 'origin_refused'
        else expected[way] = isWrite && credential.includes('ticket') ? 'ticket_invalid' : 'in'
      }
      expect(found).toEqual(expected)
    },
  )
})

describe('a read without an origin', () => {
  it.each([
    [undefined, 'in'],
    ['none', 'in'],
    ['same-origin', 'in'],
    ['same-site', 'origin_refused'],
    ['cross-site', 'origin_refused'],
  ])('that %s has caused, as the browser says, is answered to a cookie: %s (§12)', async (site, outcome) => {
    const { tryIn } = createRig()
    const headers = (): Record<string, string> => (site === undefined ? {} : { 'sec-fetch-site': site })
    for (const way of reads.filter((one) => one !== 'websocket')) {
      expect(await tryIn(way, 'cookie', headers()), way).toBe(outcome)
      for (const other of ['token', 'ticket', 'cookie and token', 'cookie and ticket'])
        expect(await tryIn(way, other, headers()), `${way} by ${other}`).toBe('in')
    }
  })
})
