import { describe, expect, it } from 'vitest'
import { GamutError } from '../../src/index.js'
import { codeOf, createRig } from '../rig.js'

const ndjson = { 'content-type': 'application/x-ndjson' }
const text = { 'content-type': 'text/plain' }

describe('publishing over HTTP', () => {
  it('stores JSON byte for byte, with line ends between tokens as spaces (§3, I12)', async () => {
    const { post, ask } = createRig()
    const body = '{"big":12345678901234567890,\r\n"one":1.0,"e":1e400,"s":"\\u0041\u2028é\\ud800"}'
    const response = await post('/channels/a', body)
    expect(response.status).toBe(201)
    expect(await response.json()).toEqual({
      channel: 'a',
      cursor: expect.stringMatching(/^[A-Za-z0-9]+\.1\.0$/),
      messages: [{ offset: 1, time: expect.any(Number) }],
    })
    const answer = await (await ask('/channels/a')).text()
    expect(answer).toContain(body.replace('\r\n', '  '))
  })

  it('makes a JSON string of plain text, whatever it holds (§3, I12)', async () => {
    const { post, read } = createRig()
    for (const body of ['', 'a\r\nb\0', '\ufeffbom', '\u2028', '"quoted"']) {
      expect((await post('/channels/t', body, text)).status).toBe(201)
      expect((await read('/channels/t')).messages[0].data).toBe(body)
    }
  })

  it('refuses a method that every object of JavaScript has (§13)', async () => {
    const { ask } = createRig()
    for (const method of ['constructor', 'toString', '__proto__']) {
      const response = await ask('/channels/a', { method })
      expect(response.status).toBe(405)
      expect(await codeOf(response)).toBe('method_not_allowed')
    }
  })

  it('sets event and key from the query (§3)', async () => {
    const { post, read } = createRig()
    await post('/channels/a?event=greeting&key=k', '1')
    expect((await read('/channels/a')).messages[0]).toMatchObject({ event: 'greeting', key: 'k', data: 1 })
  })

  it('appends the lines of NDJSON together, or none of them (§3)', async () => {
    const { post, read } = createRig()
    const lines = '{"data":1,"event":"a"}\n\n{"data":{"x":2},"key":"k","id":"i"}\r\n'
    expect((await post('/channels/n', lines, ndjson)).status).toBe(201)
    expect((await read('/channels/n?cursor=oldest')).messages).toMatchObject([
      { data: 1, event: 'a' },
      { data: { x: 2 }, key: 'k', id: 'i' },
    ])
    const wrong = await post('/channels/n', '{"data":3}\n{"datum":4}', ndjson)
    expect(await codeOf(wrong)).toBe('body_invalid')
    expect((await read('/channels/n?cursor=oldest')).messages).toHaveLength(2)
  })

  it('publishes to many channels, each with its own result, in order, and each channel whole or not at all (§3, §15)', async () => {
    const { post, read } = createRig({ channels: { 'own/*': { publish: 'server' } } })
    const messages = [
      { channel: 'a', data: 1 },
      { channel: 'b c', data: 2 },
      { channel: 'own/x', data: 3 },
      { channel: 'b', data: 4 },
      { channel: 'b', data: 5, event: 'error' },
      { channel: 'a', data: 6 },
      7,
    ]
    const { results } = await (await post('/publish', JSON.stringify({ messages }))).json()
    expect(results.map((result: { error?: { code: string } }) => result.error?.code ?? 'stored')).toEqual([
      'stored',
      'channel_invalid',
      'forbidden',
      'event_invalid',
      'event_invalid',
      'stored',
      'channel_invalid',
    ])
    const data = async (channel: string) => {
      const answer = await read(`/channels/${channel}?cursor=oldest`)
      return answer.messages.map((message: { data: number }) => message.data)
    }
    expect([await data('a'), await data('b')]).toEqual([[1, 6], []])
  })

  it('answers a repeated key with the first offsets, and refuses it with another body (§3, I2)', async () => {
    const { post, read } = createRig()
    const headers = { 'content-type': 'application/json', 'idempotency-key': 'k1' }
    const first = await post('/channels/i', '{"a":1}', headers)
    const again = await post('/channels/i', '{"a":1}', headers)
    expect([first.status, again.status]).toEqual([201, 200])
    expect(again.headers.get('idempotent-replayed')).toBe('true')
    expect(await again.json()).toEqual(await first.json())
    const other = await post('/channels/i', '{"a": 1}', headers)
    expect([other.status, await codeOf(other)]).toEqual([422, 'idempotency_conflict'])
    expect((await read('/channels/i?cursor=oldest')).messages).toHaveLength(1)
  })

  it('closes a channel for good, again without harm, and refuses what comes later (§3)', async () => {
    const { post, read } = createRig()
    const close = (body: string) => post('/channels/job?close=true', body)
    expect((await close('"last"')).status).toBe(201)
    expect((await close('')).status).toBe(200)
    const late = await post('/channels/job', '1')
    expect([late.status, await codeOf(late)]).toEqual([409, 'channel_closed'])
    expect(await read('/channels/job')).toMatchObject({
      closed: true,
      more: false,
      messages: [{ data: 'last' }],
    })
  })

  it('answers the retry of a publish that closed the channel (§3)', async () => {
    const { post } = createRig()
    const headers = { 'content-type': 'application/json', 'idempotency-key': 'end' }
    expect((await post('/channels/job?close=true', '1', headers)).status).toBe(201)
    expect((await post('/channels/job?close=true', '1', headers)).status).toBe(200)
  })

  it('deletes a key of a keyed channel, and nothing of another (§3)', async () => {
    const { ask, post, read } = createRig({ channels: { 'state/*': { keyed: true } } })
    await post('/channels/state/a?key=k', '1')
    expect((await ask('/channels/state/a?key=k', { method: 'DELETE' })).status).toBe(201)
    expect((await read('/channels/state/a')).messages).toEqual([])
    expect((await read('/channels/state/a?cursor=oldest')).messages.at(-1)).toMatchObject({
      key: 'k',
      deleted: true,
    })
    expect(await codeOf(await ask('/channels/plain?key=k', { method: 'DELETE' }))).toBe('key_invalid')
    expect(await codeOf(await ask('/channels/state/a', { method: 'DELETE' }))).toBe('key_invalid')
    expect(await codeOf(await post('/channels/state/a', '1'))).toBe('key_invalid')
  })
})

const invalid = new Uint8Array([0x22, 0xff, 0x22])
const cases: [string, string, BodyInit, Record<string, string>, number, string][] = [
  ['no JSON', '/channels/x', '{', { 'content-type': 'application/json' }, 400, 'body_invalid'],
  ['an empty body', '/channels/x', '', { 'content-type': 'application/json' }, 400, 'body_invalid'],
  ['no UTF-8', '/channels/x', invalid, { 'content-type': 'application/json' }, 400, 'body_invalid'],
  [
    'JSON behind a BOM',
    '/channels/x',
    '\ufeff1',
    { 'content-type': 'application/json' },
    400,
    'body_invalid',
  ],
  ['no type', '/channels/x', new Uint8Array([0x31]), {}, 415, 'unsupported_media'],
  [
    'a form',
    '/channels/x',
    'a=1',
    { 'content-type': 'application/x-www-form-urlencoded' },
    415,
    'unsupported_media',
  ],
  [
    'event error',
    '/channels/x?event=error',
    '1',
    { 'content-type': 'application/json' },
    400,
    'event_invalid',
  ],
  [
    'event $open',
    '/channels/x?event=$open',
    '1',
    { 'content-type': 'application/json' },
    400,
    'event_invalid',
  ],
  [
    'event with CR',
    '/channels/x?event=a%0Db',
    '1',
    { 'content-type': 'application/json' },
    400,
    'event_invalid',
  ],
  ['an empty event', '/channels/x?event=', '1', { 'content-type': 'application/json' }, 400, 'event_invalid'],
  ['key with LF', '/channels/x?key=a%0Ab', '1', { 'content-type': 'application/json' }, 400, 'key_invalid'],
  [
    'a key of 256',
    `/channels/x?key=${'k'.repeat(256)}`,
    '1',
    { 'content-type': 'application/json' },
    400,
    'key_invalid',
  ],
  [
    'close=maybe',
    '/channels/x?close=maybe',
    '1',
    { 'content-type': 'application/json' },
    400,
    'query_invalid',
  ],
  ['no messages', '/channels/x', '\n', ndjson, 400, 'body_invalid'],
  ['a line of an array', '/channels/x', '[1]', ndjson, 400, 'body_invalid'],
  ['a deletion with data', '/channels/x', '{"key":"k","deleted":true,"data":1}', ndjson, 400, 'body_invalid'],
  [
    'a message of 64 KiB and 1',
    '/channels/x',
    `"${'x'.repeat(65_535)}"`,
    { 'content-type': 'application/json' },
    413,
    'too_large',
  ],
  ['a body of 1 MiB and 1', '/channels/x', 'x'.repeat(1024 * 1024 + 1), text, 413, 'too_large'],
  ['more lines than messages', '/channels/x', '{}\n'.repeat(1001), ndjson, 413, 'too_large'],
  ['no list', '/publish', '{"messages":{}}', { 'content-type': 'application/json' }, 400, 'body_invalid'],
  ["the server's own", '/channels/$nodes', '1', { 'content-type': 'application/json' }, 403, 'forbidden'],
  ['a bad name', '/channels/a%20b', '1', { 'content-type': 'application/json' }, 400, 'channel_invalid'],
  [
    'an encoded slash',
    '/channels/a%2Fb',
    '1',
    { 'content-type': 'application/json' },
    400,
    'channel_invalid',
  ],
  ['a broken escape', '/channels/a%', '1', { 'content-type': 'application/json' }, 400, 'channel_invalid'],
  [
    'nine segments',
    '/channels/1/2/3/4/5/6/7/8/9',
    '1',
    { 'content-type': 'application/json' },
    400,
    'channel_invalid',
  ],
  [
    'a key too long',
    '/channels/x',
    '1',
    { 'content-type': 'application/json', 'idempotency-key': 'k'.repeat(256) },
    400,
    'body_invalid',
  ],
]

describe('publishes that are refused', () => {
  it.each(cases)(
    'refuses %s with its code and stores nothing (§13)',
    async (_title, target, body, headers, status, code) => {
      const { ask, post, read } = createRig()
      const response = await post(target, body, headers)
      expect([response.status, response.headers.get('cache-control')]).toEqual([status, 'no-store'])
      const { error } = await response.json()
      expect(error).toMatchObject({
        code,
        message: expect.stringMatching(/\.$/),
        docs: `PROTOCOL.md#${code}`,
      })
      if (target.startsWith('/channels/x'))
        expect((await read('/channels/x?cursor=oldest')).messages).toEqual([])
      expect((await ask('/healthz')).status).toBe(200)
    },
  )

  it('takes __proto__ and constructor as names and data like any other (security rule 8)', async () => {
    const { post, read } = createRig({ channels: { 'k/*': { keyed: true } } })
    const body = '{"__proto__":{"admin":true},"constructor":1}'
    await post('/channels/__proto__', body)
    await post('/channels/k/a?key=__proto__', '1')
    await post('/channels/k/a?key=constructor', '2')
    expect((await read('/channels/k/a')).messages.map(({ key }: { key: string }) => key)).toEqual([
      '__proto__',
      'constructor',
    ])
    expect(JSON.stringify((await read('/channels/__proto__')).messages[0].data)).toBe(body)
    expect(Object.hasOwn(Object.prototype, 'admin')).toBe(false)
  })

  it('asks the hooks: who, whether, and what is stored (§12)', async () => {
    const asked: unknown[] = []
    const { post, read } = createRig({
      authenticate: (request) =>
        request.headers.get('authorization') === 'Bearer ann' ? { id: 'ann' } : null,
      authorize: (identity, action, channel) => {
        asked.push([identity?.id, action, channel])
        return identity?.id === 'ann' || action === 'read'
      },
      onPublish: (message, { identity }) => {
        if (message.data === '"spam"') throw new GamutError('forbidden', 'No spam.')
        return message.data === '"stamp"'
          ? { ...message, data: JSON.stringify({ by: identity?.id }) }
          : undefined
      },
    })
    const ann = { 'content-type': 'application/json', authorization: 'Bearer ann' }
    expect(await codeOf(await post('/channels/a', '1'))).toBe('unauthenticated')
    expect((await post('/channels/a', '"stamp"', ann)).status).toBe(201)
    expect((await read('/channels/a')).messages[0].data).toEqual({ by: 'ann' })
    expect(await codeOf(await post('/channels/a', '"spam"', ann))).toBe('forbidden')
    expect((await post('/channels/a?close=true', '1', ann)).status).toBe(201)
    expect(asked).toContainEqual(['ann', 'close', 'a'])
  })

  it('lets nobody publish or read while there is no authorize hook (§12)', async () => {
    const { post, ask } = createRig({ authorize: undefined as never })
    expect(await codeOf(await post('/channels/a', '1'))).toBe('forbidden')
    expect(await codeOf(await ask('/channels/a'))).toBe('forbidden')
  })

  it('tells nothing of what a hook threw (security rule 9)', async () => {
    const { post } = createRig({
      authorize: () => {
        throw new Error('password is hunter2')
      },
    })
    const response = await post('/channels/a', '1')
    expect(response.status).toBe(500)
    expect(await response.text()).not.toContain('hunter2')
  })

  it('checks data against the schema of the channel (§3)', async () => {
    const schema = {
      '~standard': {
        version: 1 as const,
        vendor: 'test',
        validate: (value: unknown) =>
          typeof value === 'number' ? { value } : { issues: [{ message: 'not a number', path: ['n'] }] },
      },
    }
    const { post } = createRig({ channels: { n: { schema } } })
    expect((await post('/channels/n', '1')).status).toBe(201)
    const wrong = await post('/channels/n', '"1"')
    expect([wrong.status, await codeOf(wrong)]).toEqual([422, 'schema_mismatch'])
  })
})
