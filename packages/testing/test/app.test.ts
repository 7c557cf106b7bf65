import { collect } from '@gamut/testing/app'
import { describe, expect, it } from 'vitest'
import { startClient, startReader, startServer, transportNames } from './app-rig.js'

describe.each(transportNames)('a test server, read over %s', (transport) => {
  it('gives a client what was published before and after it came', async () => {
    const server = startServer()
    await server.publish('c/a', 0)
    const { seen } = await startReader(server, transport)
    expect(seen.data).toEqual([0])
    for (let count = 1; count <= 250; count += 1) await server.publish('c/a', count)
    await server.advance(3000)
    expect(seen.data).toEqual(Array.from({ length: 251 }, (_, count) => count))
    await server.check(seen)
  })

  it('takes what a client publishes', async () => {
    const server = startServer()
    const { seen } = await startReader(server, transport)
    const { client } = startClient(server, { transport })
    const published = client.channel('c/a').publish('hello')
    await server.advance(3000)
    expect(await published).toMatchObject({ offset: 1 })
    expect(seen.data).toEqual(['hello'])
  })

  it('has nothing left open once its client has closed', async () => {
    const server = startServer()
    const { client } = startClient(server, { transport })
    collect(client.channel('c/a'))
    await server.settle()
    client.close()
    await server.settle()
    expect(server.connections).toEqual([])
  })
})
