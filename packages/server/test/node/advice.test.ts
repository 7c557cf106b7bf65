import { expect, it, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { openPeer, start } from './rig.js'

it('a channel is known to be read over sockets by whichever transport, and by nobody when all have gone (§14)', async () => {
  const { gamut, port } = await start()
  const origin = `http://127.0.0.1:${port}`
  const heldNow = async () => {
    const { channels } = (await (await fetch(`${origin}/advice?channel=a`)).json()) as {
      channels: { measured?: { heldNow: object; readers: Record<string, number> } }[]
    }
    return channels[0]?.measured?.heldNow
  }
  const nobody = { sse: 0, ndjson: 0, 'long-poll': 0, websocket: 0 }
  const peers = ['as=sse', 'as=sse', 'as=ndjson', 'as=long-poll&wait=30&cursor=newest'].map((query) => {
    const peer = openPeer(port)
    peer.write(`GET /channels/a?${query} HTTP/1.1\r\nHost: x\r\n\r\n`)
    return peer
  })
  const socket = new WebSocket(`ws://127.0.0.1:${port}/channels/a?as=websocket`, 'gamut.v1.json')
  onTestFinished(() => socket.terminate())
  await expect.poll(heldNow).toEqual({ sse: 2, ndjson: 1, 'long-poll': 1, websocket: 1 })
  await expect.poll(() => gamut.connections).toBe(5)
  await gamut.publish('a', 1)
  await expect.poll(heldNow).toEqual({ sse: 2, ndjson: 1, 'long-poll': 0, websocket: 1 })
  for (const peer of peers) peer.destroy()
  await expect.poll(heldNow).toEqual({ ...nobody, websocket: 1 })
  socket.close()
  await expect.poll(heldNow).toEqual(nobody)
})
