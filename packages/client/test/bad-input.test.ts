import { once } from 'node:events'
import { createServer, type RequestListener, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ConnectOptions, Environment } from '@gamut/client'
import { defaultEnvironment } from '@gamut/client/core'
import type { TransportName } from '@gamut/protocol'
import { describe, expect, it, onTestFinished } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { record, startClient, startServer, until } from './rig.js'

/** Time that passes faster, so that no test waits for a deadline in earnest. */
function hasty(changes: Partial<Environment> = {}): Environment {
  const real = defaultEnvironment()
  return {
    ...real,
    WebSocket: WebSocket as never,
    random: () => 0.1,
    after: (ms, call) => real.after(ms / 20, call),
    ...changes,
  }
}

/** Something that is no Gamut server answers; a request for `?info` finds nothing. */
async function serveAnything(answer: RequestListener): Promise<string> {
  const server = createServer(answer)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** Follows a client: the codes of the reasons of its statuses. */
function follow(url: string, options: ConnectOptions) {
  const client = startClient(url, { environment: hasty(), ...options })
  const reasons: string[] = []
  client.onStatus(({ state, reason }) => {
    reasons.push(`${state} ${'error' in reason ? reason.error : reason.code}`)
  })
  return { client, reasons, seen: record(client, 'a', { transport: options.transport } as never) }
}

const types: Partial<Record<TransportName, string>> = {
  sse: 'text/event-stream',
  ndjson: 'application/x-ndjson',
  'long-poll': 'application/json',
  poll: 'application/json',
}
const html = '<!doctype html><title>Log in</title>'

const answers: [what: string, code: RegExp, (response: ServerResponse, type: string) => void][] = [
  [
    'a page of a proxy with status 200',
    /garbage/,
    (response) => response.writeHead(200, { 'content-type': 'text/html' }).end(html),
  ],
  [
    'a page of a captive portal that it is sent to',
    /garbage/,
    (response) =>
      response.req.url === '/login'
        ? response.writeHead(200, { 'content-type': 'text/html' }).end(html)
        : response.writeHead(302, { location: '/login' }).end(),
  ],
  ['a page with status 404', /garbage/, (response) => response.writeHead(404).end(html)],
  ['an error of a proxy', /waiting $/, (response) => response.writeHead(502).end(html)],
  [
    'the right type with garbage in it',
    /garbage/,
    (response, type) => response.writeHead(200, { 'content-type': type }).end('data: }{\n\n}{\n'),
  ],
  [
    'frames without what they need',
    /garbage/,
    (response, type) =>
      response
        .writeHead(200, { 'content-type': type })
        .end(
          /json$/.test(type) && type !== 'application/json'
            ? '{"type":"open"}\n'
            : /event/.test(type)
              ? 'data: {"type":"open"}\n\n'
              : '{"channel":"a"}',
        ),
  ],
  [
    'a body that breaks off',
    /lost|unreached|garbage/,
    (response, type) => {
      response.writeHead(200, { 'content-type': type, 'content-length': '1000' })
      response.write('{"channel":"a","mess')
      setTimeout(() => response.destroy(), 20)
    },
  ],
]

describe.each(Object.keys(types) as TransportName[])('over %s', (transport) => {
  it.each(answers)(
    '%s is told as what it is, and reading begins when the server is back',
    async (_what, code, answer) => {
      const { gamut } = await startServer()
      await gamut.publish('a', 'there')
      let isBad = true
      const url = await serveAnything((request, response) => {
        if (isBad || request.url === '/login') answer(response, types[transport] as string)
        else
          void gamut.fetch(new Request(`http://gamut.test${request.url}`)).then(async (good) => {
            response.writeHead(good.status, [...good.headers].flat())
            for await (const chunk of good.body ?? []) response.write(chunk)
            response.end()
          })
      })
      const { reasons, seen, client } = follow(url, { transport })
      await until(() => reasons.some((reason) => code.test(reason)))
      expect(client.status.state).not.toBe('live')
      isBad = false
      await until(() => seen.data.length > 0)
      expect(seen.data).toEqual(['there'])
      expect(seen.told).toEqual([])
    },
  )
})

describe('over websocket', () => {
  it.each([
    ['a text that is no JSON', 'no json'],
    ['JSON that is no frame', '[1]'],
    ['a frame without what it needs', '{"type":"open"}'],
    ['a binary frame', Buffer.from([1, 2, 3])],
  ])('%s is told as garbage', async (_what, sent) => {
    const url = await serveAnything((_request, response) => response.writeHead(404).end())
    const sockets = new WebSocketServer({ port: 0, host: '127.0.0.1' })
    onTestFinished(() => sockets.close())
    sockets.on('connection', (socket) => socket.send(sent))
    await once(sockets, 'listening')
    const { port } = sockets.address() as AddressInfo
    const { reasons } = follow(url.replace(/\d+$/, `${port}`), { transport: 'websocket' })
    await until(() => reasons.some((reason) => /garbage/.test(reason)))
  })
})

describe('an application', () => {
  it('whose getToken rejects is asked again, and told why it waits', async () => {
    const { gamut, url } = await startServer()
    await gamut.publish('a', 1)
    let count = 0
    const getToken = () => {
      count += 1
      if (count < 5) throw new Error('not yet')
      return undefined
    }
    const { reasons, seen } = follow(url, { transport: 'sse', getToken })
    await until(() => seen.data.length === 1)
    expect(reasons).toContain('waiting token')
  })

  it('whose getToken never settles is asked again after its time', async () => {
    const { gamut, url } = await startServer()
    await gamut.publish('a', 1)
    let count = 0
    const getToken = () => {
      count += 1
      return count < 4 ? new Promise<string>(() => {}) : Promise.resolve(undefined)
    }
    const { reasons, seen } = follow(url, { transport: 'sse', getToken: getToken as never })
    await until(() => seen.data.length === 1)
    expect(reasons).toContain('waiting token')
  })

  it('whose listener throws is told of it, and its other listeners get everything', async () => {
    const { gamut, url } = await startServer()
    const thrown: unknown[] = []
    const client = startClient(url, { transport: 'websocket', onError: (error) => thrown.push(error) })
    client.channel('a').subscribe(() => {
      throw new Error('mine')
    })
    const seen = record(client, 'a')
    await gamut.publish('a', 1)
    await until(() => seen.data.length === 1)
    await gamut.publish('a', 2)
    await until(() => seen.data.length === 2)
    expect(thrown.map(String)).toEqual(['Error: mine', 'Error: mine'])
  })

  it('with stores that throw and a clock that jumps reads as ever', async () => {
    const broken = {
      getItem: () => {
        throw new Error('forbidden')
      },
      setItem: () => {
        throw new Error('full')
      },
    }
    let now = 1e12
    const { gamut, proxy, url } = await startServer()
    await gamut.publish('a', 0)
    const environment = hasty({
      storage: broken,
      tabStorage: broken,
      now: () => {
        now = now > 1e12 ? 0 : 2e12
        return now
      },
    })
    const seen = record(startClient(url, { environment, transport: 'sse', positions: 'keep' }), 'a')
    await until(() => seen.data.length === 1)
    proxy.reset()
    await gamut.publish('a', 1)
    await until(() => seen.data.length === 2)
    expect(seen.data).toEqual([0, 1])
  })
})
