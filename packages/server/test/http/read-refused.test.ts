import { GamutError } from '@gamut/server'
import { describe, expect, it } from 'vitest'
import { codeOf, createRig } from '../rig.js'

describe('reads that are refused', () => {
  it.each([
    ['?as=carrier-pigeon', 400, 'query_invalid'],
    ['?limit=0', 400, 'query_invalid'],
    ['?limit=1e3', 400, 'query_invalid'],
    ['?last=-1', 400, 'query_invalid'],
    ['?last=9007199254740993', 400, 'query_invalid'],
    ['?wait=soon', 400, 'query_invalid'],
    ['?cursor=nonsense', 400, 'cursor_invalid'],
    ['?cursor=e.01.0', 400, 'cursor_invalid'],
    ['?cursor=a.1.0&cursor=b.1.0', 400, 'query_invalid'],
    ['?gap=never', 400, 'query_invalid'],
    ['?maxRate=0', 400, 'query_invalid'],
    ['?as=websocket', 426, 'upgrade_required'],
  ])('refuses %s with its code (§13)', async (query, status, code) => {
    const { ask } = createRig()
    const response = await ask(`/channels/a${query}`)
    expect([response.status, await codeOf(response)]).toEqual([status, code])
  })

  it('refuses more channels than one reader may have, none, and one twice (§4)', async () => {
    const { ask } = createRig({ maxChannelsPerConnection: 50 })
    const many = (count: number) => Array.from({ length: count }, (_, n) => `channel=c${n}`).join('&')
    expect(await codeOf(await ask(`/channels?${many(51)}`))).toBe('too_many_channels')
    expect((await ask(`/channels?${many(50)}`)).status).toBe(200)
    expect(await codeOf(await ask(`/channels?${many(33)}&as=sse`))).toBe('too_many_channels')
    expect(await codeOf(await ask('/channels'))).toBe('query_invalid')
    expect(await codeOf(await ask('/channels?channel=a&channel=a'))).toBe('query_invalid')
  })

  it('names the one channel that may not be read (§4)', async () => {
    const { ask } = createRig({ authorize: (_identity, _action, channel) => channel !== 'secret' })
    const response = await ask('/channels?channel=a&channel=secret')
    expect(response.status).toBe(403)
    expect(await response.text()).toContain('"secret\\"')
  })

  const refusalOf = async (response: Response) => {
    const { error } = (await response.json()) as { error: { code: string; message: string } }
    return [error.code, error.message]
  }

  it('names all of several channels that may not be read, once for each reason (§4)', async () => {
    const { ask } = createRig({
      authorize: (_identity, _action, channel) => {
        if (/^banned/.test(channel)) throw new GamutError('revoked', 'You are banned.')
        return channel === 'a'
      },
    })
    const set = (...names: string[]) => ask(`/channels?${names.map((name) => `channel=${name}`).join('&')}`)
    expect(await refusalOf(await set('a', 'b', 'banned', 'c'))).toEqual([
      'forbidden',
      'You may not read "b". Likewise "c".',
    ])
    expect(await refusalOf(await set('banned', 'a', 'banned/b'))).toEqual([
      'revoked',
      '"banned": You are banned. Likewise "banned/b".',
    ])
  })

  it('asks about no other channel once its own hook has failed', async () => {
    let asked = 0
    const { ask } = createRig({
      authorize: () => {
        asked++
        throw new GamutError('overloaded', 'Come back later.', 1000)
      },
    })
    const response = await ask('/channels?channel=a&channel=b')
    expect([...(await refusalOf(response)), asked]).toEqual(['overloaded', 'Come back later.', 1])
  })

  it('names the one of several channels whose name or cursor is none (§4)', async () => {
    const { ask } = createRig()
    expect((await refusalOf(await ask('/channels?channel=a&channel=b%20c')))[1]).toMatch(/^"b c": /)
    const lost = await ask('/channels?channel=a&cursor=&channel=b&cursor=nonsense')
    expect((await refusalOf(lost))[1]).toMatch(/^"b": /)
  })

  it('knows no other path or method', async () => {
    const { ask } = createRig({ basePath: '/rt' })
    expect((await ask('/channels/a')).status).toBe(404)
    expect((await ask('/rt/nothing')).status).toBe(404)
    const put = await ask('/rt/channels/a', { method: 'PUT', body: '1' })
    expect([put.status, put.headers.get('allow')]).toEqual([405, 'GET, POST, DELETE'])
    expect((await ask('/xx/channels/a')).status).toBe(404)
    expect((await ask('/rt/channels/a')).status).toBe(200)
    expect((await ask('/rt/channels/a', { method: 'HEAD' })).status).toBe(200)
  })

  it('answers an event stream that may come back later with 200 and the time (§6)', async () => {
    const { ask } = createRig({ maxConnections: 1 })
    const held = await ask('/channels/a?as=sse')
    const refused = await ask('/channels/a', { headers: { accept: 'text/event-stream' } })
    expect(refused.status).toBe(200)
    expect(await refused.text()).toMatch(/^retry: \d+\nevent: \$reconnect\ndata: \{"afterMs":\d+\}\n\n$/)
    const poll = await ask('/channels/a?wait=20')
    expect([poll.status, await codeOf(poll)]).toEqual([503, 'overloaded'])
    expect(Number(poll.headers.get('retry-after'))).toBeGreaterThan(0)
    await held.body?.cancel()
  })
})
