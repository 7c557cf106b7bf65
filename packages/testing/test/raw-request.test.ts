import { once } from 'node:events'
import { openConnection, rawRequest, WireClosed } from '@gamut/testing'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createDeferred } from '../src/wire/deferred.js'
import { createResponseParser } from '../src/wire/response-parser.js'
import { freePort, serveScript } from './scripted-server.js'

const chunked = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'

/** Serves one text to whoever asks and then leaves the connection open. */
const serveText = (text: string) =>
  serveScript(async ({ request, socket }) => {
    await request()
    socket.write(text)
  })

describe('raw request', () => {
  test('sends exactly what it is told and shows the fields as they came', async () => {
    let asked = ''
    const port = await serveScript(async ({ request, socket }) => {
      asked = await request()
      socket.write('HTTP/1.1 404 Not here\r\nX-A: 1\r\nx-a: 2\r\nContent-Length: 2\r\n\r\nno')
    })
    const answer = await rawRequest({ port, target: '/a/../b?x=%zz', headers: [['X-One', ' 1']] })
    expect(asked).toBe(
      `GET /a/../b?x=%zz HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nX-One:  1\r\nConnection: close`,
    )
    expect([answer.status, answer.reason, answer.headers.get('x-a')]).toEqual([404, 'Not here', '1, 2'])
    expect(answer.rawHeaders[1]).toEqual(['x-a', '2'])
    expect(await answer.text()).toBe('no')
    expect(await answer.finished).toBe('complete')
    expect(answer.connection.received().toString()).toContain('\r\n\r\nno')
  })

  test('hands over each chunk as it comes and keeps the framing visible', async () => {
    const step = createDeferred<void>()
    const port = await serveScript(async ({ request, socket }) => {
      await request()
      socket.write(`${chunked}3\r\none\r\n`)
      await step.promise
      socket.write('3;x=y\r\ntwo\r\n0\r\nTrailer: t\r\n\r\n')
    })
    const answer = await rawRequest({ port, target: '/' })
    const pieces = answer.body[Symbol.asyncIterator]()
    expect(String((await pieces.next()).value)).toBe('one')
    step.resolve()
    expect(String((await pieces.next()).value)).toBe('two')
    expect((await pieces.next()).done).toBe(true)
    expect(answer.connection.received().toString()).toBe(
      `${chunked}3\r\none\r\n3;x=y\r\ntwo\r\n0\r\nTrailer: t\r\n\r\n`,
    )
  })

  test('tells a body that was cut from one that was reset and from one that ends with its connection', async () => {
    const end = async (text: string, how: 'end' | 'reset') => {
      const read = createDeferred<void>()
      const port = await serveScript(async ({ request, socket }) => {
        await request()
        socket.write(text)
        // Not at once: Node 20 reports a reset right behind data as an end.
        await read.promise
        if (how === 'end') socket.end()
        else socket.resetAndDestroy()
      })
      const answer = await rawRequest({ port, target: '/' })
      const first = await answer.body[Symbol.asyncIterator]().next()
      expect(String(first.value)).toBe('ab')
      read.resolve()
      return answer.finished
    }
    expect(await end(`${chunked}5\r\nab`, 'end')).toBe('cut')
    expect(await end('HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab', 'end')).toBe('cut')
    expect(await end('HTTP/1.1 200 OK\r\n\r\nab', 'end')).toBe('complete')
    expect(await end(`${chunked}5\r\nab`, 'reset')).toBe('reset')
  })

  test('names how a connection ended before its answer', async () => {
    const fails = async (port: number) =>
      rawRequest({ port, target: '/' }).catch((error) => (error instanceof WireClosed ? error.how : error))
    expect(await fails(await freePort())).toBe('refused')
    expect(await fails(await serveScript(({ socket }) => socket.end()))).toBe('cut')
    expect(await fails(await serveScript(({ socket }) => socket.resetAndDestroy()))).toBe('reset')
    expect(await fails(await serveText('HELLO\r\n\r\n'))).toBe('malformed')
    const abort = new AbortController()
    const port = await serveScript(() => abort.abort())
    await expect(rawRequest({ port, target: '/', signal: abort.signal })).rejects.toMatchObject({
      how: 'local',
    })
  })

  test('a body ends as malformed when a chunk is longer than its size', async () => {
    const port = await serveText(`${chunked}2\r\nabc\r\n`)
    expect(await (await rawRequest({ port, target: '/' })).finished).toBe('malformed')
  })

  test('answers of pipelined requests come in order on one connection', async () => {
    const port = await serveScript(async ({ request, socket }) => {
      await request()
      await request()
      socket.write('HTTP/1.1 103 Early\r\n\r\nHTTP/1.1 304 No\r\nETag: "a"\r\n\r\nHTTP/1.1 200 OK\r\n')
      socket.write('Content-Length: 1\r\n\r\nb')
    })
    const connection = openConnection({ port })
    const [first, second] = await Promise.all([
      connection.request({ target: '/1' }),
      connection.request({ target: '/2' }),
    ])
    expect([first.status, await first.text(), await first.finished]).toEqual([304, '', 'complete'])
    expect(await second.text()).toBe('b')
    connection.close()
    expect(await connection.closed).toBe('local')
  })

  test('a paused connection takes nothing, so that the peer backs up', async () => {
    const full = createDeferred<void>()
    const port = await serveScript(async ({ request, socket }) => {
      await request()
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      while (socket.write(Buffer.alloc(64 * 1024))) await new Promise((resolve) => setImmediate(resolve))
      full.resolve()
      await once(socket, 'drain')
      socket.end()
    })
    const connection = openConnection({ port })
    const answer = await connection.request({ target: '/' })
    connection.pause()
    await full.promise
    connection.resume()
    expect(await answer.finished).toBe('complete')
  })

  test('bytes cut anywhere give the same response', () => {
    const text = `${chunked}3\r\none\r\nA\r\n0123456789\r\n0\r\nT: 1\r\n\r\n`
    const anyCuts = fc.array(fc.integer({ min: 0, max: text.length }))
    fc.assert(
      fc.property(anyCuts, (cuts) => {
        let body = ''
        let ends = 0
        const parser = createResponseParser('GET', {
          onHead: ({ status }) => expect(status).toBe(200),
          onBody: (piece) => {
            body += piece.toString()
          },
          onComplete: (rest) => {
            expect(rest.length).toBe(0)
            ends++
          },
        })
        const at = [0, ...cuts.sort((a, b) => a - b), text.length]
        for (let i = 1; i < at.length; i++) {
          const piece = text.slice(at[i - 1], at[i])
          if (piece !== '') parser.feed(Buffer.from(piece))
        }
        expect([body, ends]).toEqual(['one0123456789', 1])
      }),
    )
  })
})
