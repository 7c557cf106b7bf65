import { describe, expect, it, onTestFinished } from 'vitest'
import { createGamut, type GamutOptions } from '../../src/index.js'
import { serve } from '../../src/node/index.js'
import { Peer } from './frame-peer.js'

async function start(options: GamutOptions = {}) {
  const gamut = createGamut({ authorize: () => true, ...options })
  const served = await serve(gamut, { port: 0 })
  onTestFinished(() => served.close())
  return { gamut, served, url: served.url.replace('http', 'ws') }
}

describe('WebSocket frames (§7)', () => {
  it('welcome first, then the subscription of the URL, then what is asked for, in order', async () => {
    const { gamut, url } = await start({ node: 'n1', heartbeatMs: 7000 })
    await gamut.publish('a', 1)
    const peer = new Peer(`${url}/channels/a`, {}, ['gamut.v1.json'])
    peer.send({ type: 'subscribe', ref: 1, channel: 'b' }, { type: 'ping', ref: 'p' })
    await peer.answer(1)
    await peer.find(({ type, channel }) => type === 'open' && channel === 'b')
    expect(peer.socket.protocol).toBe('gamut.v1.json')
    expect(peer.frames[0]).toEqual({
      type: 'welcome',
      node: 'n1',
      heartbeatMs: 7000,
      connection: expect.any(String),
    })
    const order = peer.frames.map(({ type, channel, ref }) => [type, channel ?? ref])
    expect(order.indexOf(order.find(([type]) => type === 'open') as [])).toBeLessThan(
      order.findIndex(([type]) => type === 'batch'),
    )
    const own = order.filter(([type, name]) => name === 'b' || (type === 'ok' && name === 1))
    expect(own).toEqual([
      ['ok', 1],
      ['open', 'b'],
    ])
  })

  it('publish in frame order, whatever the hooks await', async () => {
    const { url, gamut } = await start({
      onPublish: async (message) => {
        if (Number(message.data) % 2 === 0) await new Promise((resolve) => setTimeout(resolve, 3))
        return undefined
      },
    })
    const peer = new Peer(`${url}/connect`)
    peer.send(...Array.from({ length: 20 }, (_, n) => ({ type: 'publish', ref: n, channel: 'a', data: n })))
    const last = await peer.answer(19)
    expect(last).toEqual({
      type: 'ok',
      ref: 19,
      channel: 'a',
      cursor: expect.any(String),
      offset: 20,
      time: expect.any(Number),
    })
    const answer = await (await gamut.fetch(new Request('http://x/channels/a?cursor=oldest'))).json()
    expect(answer.messages.map(({ data }: { data: number }) => data)).toEqual(
      Array.from({ length: 20 }, (_, n) => n),
    )
  })

  it('answer a repeated id with the first offset, and refuse it with other data (§3)', async () => {
    const { url } = await start()
    const peer = new Peer(`${url}/connect`)
    const publish = (ref: number, data: number) => ({ type: 'publish', ref, channel: 'a', data, id: 'one' })
    peer.send(publish(1, 1), publish(2, 1), publish(3, 2))
    const first = await peer.answer(1)
    expect(await peer.answer(2)).toEqual({ ...first, ref: 2, replayed: true })
    expect(await peer.answer(3)).toMatchObject({ type: 'error', code: 'idempotency_conflict' })
  })

  it('resume from a cursor and leave a channel, without a message of it afterwards', async () => {
    const { url, gamut } = await start()
    const { cursor } = await gamut.publish('a', 1)
    await gamut.publish('a', 2)
    const peer = new Peer(`${url}/connect`)
    peer.send({ type: 'subscribe', ref: 1, channel: 'a', cursor })
    expect(await peer.find(({ type }) => type === 'open')).toMatchObject({ outcome: 'resumed', cursor })
    expect(await peer.find(({ type }) => type === 'batch')).toMatchObject({
      after: cursor,
      messages: [{ data: 2 }],
    })
    peer.send({ type: 'unsubscribe', ref: 2, channel: 'a' })
    await peer.answer(2)
    await gamut.publish('a', 3)
    peer.send({ type: 'ping', ref: 3 })
    await peer.answer(3)
    expect(JSON.stringify(peer.frames)).not.toContain('"data":3')
  })

  it('are refused one by one with their ref, and the connection lives on', async () => {
    const { url } = await start({
      maxChannelsPerConnection: 2,
      authorize: (_who, _what, channel) => channel !== 'secret',
    })
    const peer = new Peer(`${url}/connect`)
    peer.send(
      { type: 'subscribe', ref: 1, channel: 'secret' },
      { type: 'subscribe', ref: 2, channel: 'not a name' },
      { type: 'subscribe', ref: 3, channel: 'a', cursor: 'nonsense' },
      { type: 'subscribe', ref: 4, channel: 'a', last: -1 },
      { type: 'dance', ref: 5 },
      { type: 'publish', ref: 6, channel: 'a' },
      { type: 'publish', ref: 7, channel: 'a', data: 1, event: '$open' },
      { type: 'publish', ref: 8, channel: 'a', data: 'x'.repeat(70_000) },
      { type: 'publish', ref: 9, channel: '$nodes', data: 1 },
    )
    const codes = await Promise.all(
      [1, 2, 3, 4, 5, 6, 7, 8, 9].map(async (ref) => (await peer.answer(ref))['code']),
    )
    expect(codes).toEqual([
      'forbidden',
      'channel_invalid',
      'cursor_invalid',
      'frame_invalid',
      'frame_invalid',
      'body_invalid',
      'event_invalid',
      'too_large',
      'forbidden',
    ])
    peer.send(...['a', 'b', 'c', 'a'].map((channel, n) => ({ type: 'subscribe', ref: `s${n}`, channel })))
    expect((await peer.answer('s2'))['code']).toBe('too_many_channels')
    expect((await peer.answer('s3'))['code']).toBe('frame_invalid')
    peer.send({ type: 'ping', ref: 'alive' })
    expect((await peer.answer('alive')).type).toBe('ok')
  })

  it.each([
    ['no JSON', '{', 4200, 'frame_invalid'],
    ['no object', '[]', 4200, 'frame_invalid'],
    ['binary', Buffer.from('{}'), 4200, 'frame_invalid'],
    ['more than a body may have', `"${'x'.repeat(1024 * 1024)}"`, 4201, 'too_large'],
  ])('that are %s are told so, and end the connection for good', async (_title, frame, code, reason) => {
    const { url } = await start()
    const peer = new Peer(`${url}/connect`)
    peer.socket.once('open', () => peer.socket.send(frame))
    expect(await peer.closed).toEqual({ code, reason })
    expect(peer.frames.at(-1)).toMatchObject({ type: 'error', code: reason })
  })

  it('stop being read while too many wait for their answer, and lose none', async () => {
    let release = () => {}
    const gate = new Promise<void>((resolve) => {
      release = resolve
    })
    let asked = 0
    const { url } = await start({
      maxUnansweredFrames: 8,
      onPublish: async () => {
        asked++
        await gate
        return undefined
      },
    })
    const peer = new Peer(`${url}/connect`)
    peer.send(
      ...Array.from({ length: 100 }, (_, n) => ({ type: 'publish', ref: n, channel: `c${n}`, data: n })),
    )
    await expect.poll(() => asked).toBeGreaterThanOrEqual(8)
    release()
    await peer.answer(99)
    expect(peer.frames.filter(({ type }) => type === 'ok')).toHaveLength(100)
  })

  it('leave nothing behind when the peer goes while it subscribes (I19)', async () => {
    const { url, gamut } = await start()
    for (let round = 0; round < 10; round++) {
      const peer = new Peer(`${url}/connect`)
      peer.send({ type: 'subscribe', ref: 1, channel: 'a' }, { type: 'subscribe', ref: 2, channel: 'b' })
      peer.socket.once('open', () => peer.socket.terminate())
      await peer.closed
    }
    await expect.poll(() => gamut.connections).toBe(0)
  })

  it('end with the code and reason of a drain, after a time to come back (§10)', async () => {
    const { url, gamut, served } = await start()
    const peer = new Peer(`${url}/channels/a`)
    await peer.find(({ type }) => type === 'open')
    await served.close()
    expect(await peer.closed).toEqual({ code: 4002, reason: 'draining' })
    expect(peer.frames.at(-1)).toEqual({ type: 'reconnect', afterMs: expect.any(Number) })
    expect(gamut.connections).toBe(0)
  })

  it('end a peer that answers no ping (I15)', async () => {
    const { url, gamut } = await start({ heartbeatMs: 50 })
    const peer = new Peer(`${url}/channels/a`, { autoPong: false })
    await peer.closed
    await expect.poll(() => gamut.connections).toBe(0)
  })
})

describe('WebSocket handshakes (§7, §12)', () => {
  it.each([
    ['its own page', (host: string) => ({ origin: `http://${host}` }), undefined],
    ['its own page behind TLS', (host: string) => ({ origin: `https://${host}` }), undefined],
    ['a listed page', () => ({ origin: 'https://app.example' }), undefined],
    ['no browser', () => ({}), undefined],
    ['a subdomain', () => ({ origin: 'https://x.app.example' }), 4102],
    ['another port', () => ({ origin: 'https://app.example:8443' }), 4102],
    ['another scheme', () => ({ origin: 'http://app.example' }), 4102],
    ['a longer name', () => ({ origin: 'https://evil-app.example' }), 4102],
    ['a longer domain', () => ({ origin: 'https://app.example.com' }), 4102],
    ['null', () => ({ origin: 'null' }), 4102],
    ['nonsense', () => ({ origin: 'nonsense' }), 4102],
    ['no browser with a cookie', () => ({ cookie: 'sid=1' }), 4102],
    [
      'its own page with a cookie',
      (host: string) => ({ cookie: 'sid=1', origin: `http://${host}` }),
      undefined,
    ],
    [
      'no browser with a cookie and a token',
      () => ({ cookie: 'sid=1', authorization: 'Bearer x' }),
      undefined,
    ],
  ])('from %s are taken or refused as they should (security rule 1)', async (_title, headers, code) => {
    const { url } = await start({ origins: ['https://app.example'], authenticate: () => ({ id: 'ann' }) })
    const peer = new Peer(`${url}/channels/a`, { headers: headers(url.slice('ws://'.length)) })
    if (code === undefined) {
      await peer.find(({ type }) => type === 'open')
      return
    }
    expect((await peer.closed).code).toBe(code)
    expect(peer.frames).toMatchObject([{ type: 'error', code: 'origin_refused' }])
  })

  it('are accepted, told why not, and closed, so that a browser can read it', async () => {
    const { url } = await start({ authenticate: () => null, authorize: () => false })
    const peer = new Peer(`${url}/channels/a`)
    expect(await peer.closed).toEqual({ code: 4100, reason: 'unauthenticated' })
    expect(peer.frames).toMatchObject([{ type: 'error', code: 'unauthenticated' }])
  })

  it('are refused without a handshake only where there are too many connections', async () => {
    const { url } = await start({ maxConnections: 1 })
    const first = new Peer(`${url}/channels/a`)
    await first.find(({ type }) => type === 'open')
    const { WebSocket: Socket } = await import('ws')
    const second = new Socket(`${url}/channels/a`)
    const status = await new Promise((resolve) => {
      second.on('unexpected-response', (_request, response) =>
        resolve([response.statusCode, Number(response.headers['retry-after']) > 0]),
      )
    })
    second.on('error', () => {})
    second.terminate()
    expect(status).toEqual([503, true])
  })
})
