import { readFile } from 'node:fs/promises'
import { transports } from '@gamut/protocol'
import { openReader, takeMessages } from '@gamut/testing'
import { expect, it } from 'vitest'
import { freePort } from './support/free-port.js'
import { startNginx } from './support/nginx.js'
import { describeWith } from './support/parts.js'
import { startServer } from './support/start-server.js'

const guide = new URL('../docs/guide/behind-a-proxy.md', import.meta.url)

/** What the guide shows, in front of a port of these tests. */
async function startGuided(server: number) {
  const [, text] = /```nginx\n(.*?)```/s.exec(await readFile(guide, 'utf8')) ?? []
  if (!text) throw new Error('the guide shows no nginx')
  return startNginx((own) =>
    text.replace('listen 80', `listen 127.0.0.1:${own}`).replace('8080', `${server}`),
  )
}

describeWith('nginx', 'the guide to proxies', () => {
  it.each(transports)('passes on what is read by %s (§4)', async (transport) => {
    const { gamut, port } = await startServer({ heartbeatMs: 600_000 })
    const { url } = await startGuided(port)
    await gamut.publish('a', 1)
    const reader = openReader(transport, { origin: url, channel: 'a', cursor: 'oldest', pollMs: 20 })
    await takeMessages(reader, 1)
    await gamut.publish('a', 2)
    expect(await takeMessages(reader, 1)).toMatchObject([{ message: { data: '2' } }])
    reader.close()
  })

  it('lets pages publish that it serves itself, and operators in from nowhere (§4, §14)', async () => {
    const { port } = await startServer()
    const { url } = await startGuided(port)
    const headers = { 'content-type': 'application/json', origin: url }
    expect((await fetch(`${url}/channels/a`, { method: 'POST', body: '1', headers })).status).toBe(201)
    expect((await fetch(`${url}/connections`)).status).toBe(403)
  })

  it('stands in for a server that is away, so that an EventSource comes back (§6)', async () => {
    const { url } = await startGuided(await freePort())
    const events = await fetch(`${url}/channels/a`, { headers: { accept: 'text/event-stream' } })
    expect([events.status, await events.text()]).toEqual([200, 'retry: 3000\n\n'])
    expect((await fetch(`${url}/channels/a`)).status).toBe(503)
  })
})
