import { connect, type Socket } from 'node:net'
import { openReader, takeMessages } from '@gamut/testing'
import { describe, expect, test } from 'vitest'
import { runSupervisor, startSupervised } from './support/control-room.js'
import { plainRead } from './support/plain-read.js'

const chat = 'chat/operations'

const say = (url: string, text: string) =>
  fetch(`${url}/channels/${chat}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ from: 'somebody', text }),
  })

const said = async (url: string) => (await plainRead(url, chat)).map(([, data]) => Object(data).text)

/** The first line of the answer to a request whose head is written by hand, as no page could. */
async function rawStatus(port: number, head: string): Promise<string> {
  const socket: Socket = connect(port, '127.0.0.1')
  socket.end(`${head}\r\nconnection: close\r\n\r\n`)
  let text = ''
  for await (const bytes of socket) text += bytes
  return text.split('\r\n')[0] ?? ''
}

describe('the supervisor of the control room', () => {
  test('passes every pattern on, and drains its server when it is asked to end', async () => {
    const room = await startSupervised()
    await say(room.url, 'hello')
    for (const transport of ['poll', 'long-poll', 'sse', 'ndjson', 'websocket'] as const) {
      const reader = openReader(transport, { origin: room.url, channel: chat, cursor: 'oldest' })
      const [first] = await takeMessages(reader, 1)
      expect(JSON.parse(first?.message.data ?? '')).toMatchObject({ text: 'hello' })
      reader.close()
    }
    const stream = await fetch(`${room.url}/channels/notices?as=sse`)
    const ended = stream.text()
    expect(await room.stop('SIGTERM')).toEqual({ code: 0, signal: null })
    expect(await ended).toContain('$reconnect')
  })

  test('starts a server anew that has crashed, says so, and the log is whole', async () => {
    const room = await startSupervised()
    await say(room.url, 'before')
    const [node] = (await room.state()).nodes
    process.kill(Number(node?.pid), 'SIGKILL')
    await expect.poll(async () => (await room.state()).events.map(({ what }) => what)).toContain('crashed')
    expect(room.output()).toContain('node-1 has ended (SIGKILL) and is started anew.')
    await expect.poll(async () => (await room.state()).nodes[0]?.isUp, { timeout: 10_000 }).toBe(true)
    await say(room.url, 'after')
    expect(await said(room.url)).toEqual(['before', 'after'])
  })

  test('says what to do where its port is taken, or where it is started with what it does not know', async () => {
    const room = await startSupervised()
    const port = new URL(room.url).port
    const second = runSupervisor(['--port', port])
    expect(await second.exited).toMatchObject({ code: 1 })
    expect(second.output()).toContain(`Another program listens on port ${port}. End it, or take another port`)
    const third = runSupervisor(['--prot', port])
    expect(await third.exited).toMatchObject({ code: 2 })
    expect(third.output()).toContain('--port N')
  })

  test('does what its own page asks, and nothing that another one does', async () => {
    const room = await startSupervised()
    const port = Number(new URL(room.url).port)
    const post = (headers: string) => rawStatus(port, `POST /faults/mute/begin HTTP/1.1\r\n${headers}`)
    expect(await post(`host: localhost:${port}`)).toContain('403')
    expect(await post(`host: localhost:${port}\r\norigin: http://evil.example`)).toContain('403')
    const rebound = `host: evil.example:${port}\r\norigin: http://evil.example:${port}`
    expect(await post(rebound)).toContain('403')
    expect(await rawStatus(port, `GET /channels/${chat} HTTP/1.1\r\nhost: evil.example`)).toContain('403')
    expect((await room.state()).active).toEqual([])
    expect(await post(`host: localhost:${port}\r\norigin: http://localhost:${port}`)).toContain('200')
    expect((await room.state()).active).toMatchObject([{ name: 'mute' }])
    expect((await room.ask('/faults/mend')).active).toEqual([])
  })
})
