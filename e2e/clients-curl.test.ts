import { expect, it } from 'vitest'
import { describeWith } from './support/parts.js'
import { runCurl, startCurl } from './support/run-curl.js'
import { startBehindProxy } from './support/start-behind-proxy.js'
import { startServer } from './support/start-server.js'

describeWith('curl', 'curl', () => {
  it('publishes JSON, text and lines, with a key and an event, and deletes a key (§3)', async () => {
    const { url } = await startServer({ channels: { 'keyed/*': { keyed: true } } })
    const target = `${url}/channels/keyed/list`
    const one = await runCurl(['--json', '{"n": 1}', `${target}?key=a&event=added`])
    expect(one.status).toBe(201)
    expect(JSON.parse(one.body)).toMatchObject({ channel: 'keyed/list', messages: [{ offset: 1 }] })
    const text = ['-H', 'Content-Type: text/plain', '--data-binary', 'two\nlines']
    expect((await runCurl([...text, `${target}?key=b`])).status).toBe(201)
    const lines = ['{"data":3,"key":"c","id":"x"}', '{"data":4,"key":"d"}'].join('\n')
    const many = ['-H', 'Content-Type: application/x-ndjson', '--data-binary', lines]
    expect(JSON.parse((await runCurl([...many, target])).body).messages).toHaveLength(2)
    expect((await runCurl(['-X', 'DELETE', `${target}?key=d`])).status).toBe(201)
    const { body } = await runCurl([`${target}?cursor=oldest`])
    expect(JSON.parse(body).messages).toMatchObject([
      { data: { n: 1 }, key: 'a', event: 'added' },
      { data: 'two\nlines', key: 'b' },
      { data: 3, key: 'c', id: 'x' },
      { data: 4, key: 'd' },
      { key: 'd', deleted: true },
    ])
  })

  it('publishes once however often it repeats itself with one key, and to many channels at once (§3)', async () => {
    const { url } = await startServer()
    const repeated = ['--json', '1', '-H', 'Idempotency-Key: k', `${url}/channels/once`]
    const first = await runCurl(repeated)
    const second = await runCurl(repeated)
    expect([first.status, second.status]).toEqual([201, 200])
    expect(second.headers.get('idempotent-replayed')).toBe('true')
    expect(second.body).toBe(first.body)
    const list = '{"messages":[{"channel":"a","data":1},{"channel":"b*","data":2}]}'
    const { body } = await runCurl(['--json', list, `${url}/publish`])
    expect(JSON.parse(body).results).toMatchObject([
      { channel: 'a', offset: expect.any(Number) },
      { error: { code: 'channel_invalid' } },
    ])
  })

  it('polls, is told that nothing is new, and goes on from its cursor (§4)', async () => {
    const { gamut, url } = await startServer()
    const target = `${url}/channels/polled`
    await gamut.publish('polled', 1)
    const first = await runCurl([target])
    expect(first.headers.get('cache-control')).toBe('private, no-cache')
    const known = `If-None-Match: ${first.headers.get('etag')}`
    expect(await runCurl(['-H', known, target])).toMatchObject({ status: 304, body: '' })
    await gamut.publish('polled', 2)
    await gamut.publish('polled', 3)
    expect((await runCurl(['-H', known, target])).status).toBe(200)
    const { body } = await runCurl([`${target}?cursor=${JSON.parse(first.body).cursor}`])
    expect(JSON.parse(body)).toMatchObject({ outcome: 'resumed', messages: [{ data: 2 }, { data: 3 }] })
  })

  it.each([
    { by: '?wait', args: [], query: '&wait=10', applied: undefined },
    { by: 'Prefer', args: ['-H', 'Prefer: wait=10'], query: '', applied: 'wait=10' },
  ])('waits for what is published, by $by (§4)', async ({ args, query, applied }) => {
    const { gamut, url, held } = await startServer()
    const { cursor } = await gamut.publish('waited', 'before')
    const answer = runCurl([...args, `${url}/channels/waited?cursor=${cursor}${query}`])
    await held(1)
    await gamut.publish('waited', 'at last')
    const { body, headers } = await answer
    expect(JSON.parse(body)).toMatchObject({ outcome: 'resumed', messages: [{ data: 'at last' }] })
    expect(headers.get('preference-applied')).toBe(applied)
  })

  it('reads events, and after a cut the rest of them by Last-Event-ID (§6)', async () => {
    const { gamut, url, cutOff } = await startBehindProxy()
    const events = ['-H', 'Accept: text/event-stream', `${url}/channels/streamed`]
    await gamut.publish('streamed', 1)
    const first = startCurl(events)
    await first.waitFor((output) => output.includes('data: 1\n'))
    await gamut.publish('streamed', 2)
    const [, id] = await first.waitFor((output) => /id: (\S+)\ndata: 2\n\n/.exec(output))
    await cutOff(() => gamut.publish('streamed', 3))
    expect((await first.exited).code).toBeGreaterThan(0)
    const second = startCurl(['-H', `Last-Event-ID: ${id}`, ...events])
    await gamut.publish('streamed', 4)
    const output = await second.waitFor((text) => /data: 4\n\n/.test(text) && text)
    expect(output).toContain('"outcome":"resumed"')
    expect(output.match(/^data: \d$/gm)).toEqual(['data: 3', 'data: 4'])
  })

  it('reads lines, and after a cut the rest of them by cursor (§7)', async () => {
    const { gamut, url, cutOff } = await startBehindProxy()
    const lines = ['-H', 'Accept: application/x-ndjson']
    await gamut.publish('lined', 1)
    const first = startCurl([...lines, `${url}/channels/lined`])
    const [, cursor] = await first.waitFor((output) => /"type":"batch".*?"cursor":"([^"]+)"/.exec(output))
    await cutOff(() => gamut.publish('lined', 2))
    expect((await first.exited).code).toBeGreaterThan(0)
    const second = startCurl([...lines, `${url}/channels/lined?cursor=${cursor}`])
    await second.waitFor((text) => text.includes('"data":2'))
    await gamut.publish('lined', 3)
    const output = await second.waitFor((text) => text.includes('"data":3') && text)
    const frames = output.trim().split('\n')
    expect(JSON.parse(frames[0] ?? '')).toMatchObject({ type: 'open', outcome: 'resumed' })
    expect(output.match(/"data":\d/g)).toEqual(['"data":2', '"data":3'])
  })

  it('is told to come back, in seconds, while the server is full (§10, §13)', async () => {
    const { url, held } = await startServer({ maxConnections: 1 })
    startCurl([`${url}/channels/full?as=ndjson`])
    await held(1)
    const { status, headers, body } = await runCurl([`${url}/channels/full?as=ndjson`])
    expect(status).toBe(503)
    expect(headers.get('retry-after')).toMatch(/^[12]$/)
    expect(headers.get('cache-control')).toBe('no-store')
    expect(JSON.parse(body)).toMatchObject({ error: { code: 'overloaded' } })
  })

  it('is sent away from a wait when the node drains, and told when to come back (§10)', async () => {
    const { gamut, url, held } = await startServer()
    const waiting = runCurl([`${url}/channels/waited?wait=10`])
    await held(1)
    await gamut.drain()
    const { status, headers, body } = await waiting
    expect(status).toBe(503)
    expect(headers.get('retry-after')).toMatch(/^[12]$/)
    expect(JSON.parse(body)).toMatchObject({ error: { code: 'draining' } })
    expect(await runCurl(['--json', '1', `${url}/channels/waited`])).toMatchObject({ status: 503 })
  })

  it.each(['poll', 'long-poll', 'sse', 'ndjson'])(
    'gets only the head of %s if it asks for that (§4)',
    async (as) => {
      const { gamut, url, held } = await startServer()
      await gamut.publish('headed', 1)
      const { status, body } = await runCurl(['-I', `${url}/channels/headed?as=${as}`])
      expect([status, body]).toEqual([200, ''])
      await held(0)
    },
  )
})
