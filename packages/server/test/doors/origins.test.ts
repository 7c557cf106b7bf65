import { transports } from '@gamut/protocol'
import { openReader, takeUntil } from '@gamut/testing'
import { describe, expect, it } from 'vitest'
import { apiKeyDoor, doorHooks, jwtDoor } from '../../src/doors/index.js'
import { start } from '../node/rig.js'
import { secret, sign } from './token.js'

const key = `gk_${'k'.repeat(43)}`
const token = sign({ gamut: { read: ['*'], publish: ['*'] } })

/** What a page, or no page, says of itself to a server on this host that lists https://app.example; `undefined` for nothing. */
const pages: readonly (readonly [
  name: string,
  origin: (host: string) => string | undefined,
  isTrusted: boolean,
])[] = [
  ['its own page', (host) => `http://${host}`, true],
  ['its own page behind TLS', (host) => `https://${host}`, true],
  ['a listed page', () => 'https://app.example', true],
  ['no page', () => undefined, true],
  ['a sandboxed page', () => 'null', false],
  ['a sub-domain', () => 'https://x.app.example', false],
  ['the domain above', () => 'https://example', false],
  ['another case', () => 'https://App.Example', false],
  ['another port', () => 'https://app.example:8443', false],
  ['its own name on another port', (host) => `http://${host.split(':')[0]}:1`, false],
  ['another scheme', () => 'http://app.example', false],
  ['a slash at the end', () => 'https://app.example/', false],
  ['a longer name', () => 'https://evil-app.example', false],
  ['a longer domain', () => 'https://app.example.evil', false],
  ['a name in front', () => 'https://app.example@evil.example', false],
  ['two origins', () => 'https://app.example, https://evil.example', false],
  ['a star', () => '*', false],
  ['nothing at all', () => '', false],
]

const credentials: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'a cookie': { cookie: `token=${token}` },
  'a token': { authorization: `Bearer ${token}` },
  'an API key': { 'x-api-key': key },
  'a token beside a cookie': { authorization: `Bearer ${token}`, cookie: 'token=old' },
}

async function startListed() {
  const doors = [
    jwtDoor({ secret }, { cookie: 'token' }),
    apiKeyDoor({ k: { key, read: ['*'], publish: ['*'] } }),
  ]
  const { gamut, served, port } = await start({ ...doorHooks(doors), origins: ['https://app.example'] })
  await gamut.publish('room', 'private')
  return { gamut, url: served.url, host: `127.0.0.1:${port}` }
}

function headersOf(credential: string, origin: string | undefined): Record<string, string> {
  return { ...credentials[credential], ...(origin !== undefined && { origin }) }
}

describe.each(Object.keys(credentials))('%s', (credential) => {
  it.each(transports)(
    'over %s counts from pages that are trusted, and from no other one (security rule 1)',
    async (transport) => {
      const { url, host } = await startListed()
      const read = async (origin: string | undefined) => {
        const headers = headersOf(credential, origin)
        const reader = openReader(transport, { origin: url, channel: 'room', cursor: 'oldest', headers })
        const events = await takeUntil(reader, ({ kind }) => kind === 'message' || kind === 'error')
        reader.close()
        return events.at(-1)
      }
      for (const [name, origin, isTrusted] of pages) {
        // What proves nothing without a page is a cookie, where no page can be seen to have sent it.
        const needsPage = transport === 'websocket' && credential === 'a cookie'
        const isIn = isTrusted && !(needsPage && name === 'no page')
        const expected = isIn ? { kind: 'message' } : { kind: 'error', code: 'origin_refused' }
        expect({ name, ...(await read(origin(host))) }).toMatchObject({ name, ...expected })
      }
    },
  )

  it('publishes from pages that are trusted, and from no other one (security rule 1)', async () => {
    const { gamut, url, host } = await startListed()
    // Browsers say the origin of whatever writes: without one a cookie proves nothing.
    const isIn = (name: string, isTrusted: boolean) =>
      isTrusted && !(credential === 'a cookie' && name === 'no page')
    for (const [name, origin, isTrusted] of pages) {
      const headers = { 'content-type': 'text/plain', ...headersOf(credential, origin(host)) }
      const { status } = await fetch(`${url}/channels/room`, { method: 'POST', body: 'x', headers })
      expect({ name, status }).toEqual({ name, status: isIn(name, isTrusted) ? 201 : 403 })
    }
    const trusted = pages.filter(([name, , isTrusted]) => isIn(name, isTrusted)).length
    expect((await gamut.publish('room', 'last')).offset).toBe(trusted + 2)
  })
})
