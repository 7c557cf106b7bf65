import { connect } from '@gamut/client'
import { GamutError as ServerError } from '@gamut/server'
import { createTestServer } from '@gamut/testing/app'
import { describe, expect, it, onTestFinished } from 'vitest'

/** A page that reads a set of channels over SSE, where a server refuses some; and how often it asks. */
async function read(names: readonly string[], authorize: (channel: string) => boolean) {
  const server = createTestServer<object>({ authorize: (_who, _action, channel) => authorize(channel) })
  onTestFinished(() => server.close())
  const page = server.environment()
  let asked = 0
  const fetch: typeof page.fetch = (input, init) => {
    asked++
    return page.fetch(input, init)
  }
  const environment = Object.assign(Object.create(page), { fetch })
  const client = connect(server.url, { environment, transport: 'sse' })
  onTestFinished(() => client.close())
  const refused: string[] = []
  for (const name of names) {
    const options = { need: {}, ...(name.startsWith('lost') && { cursor: 'nowhere' }) }
    client.channel(name, options).subscribe(() => {}, { onError: () => refused.push(name) })
  }
  await server.advance(10_000)
  const live = names.filter((name) => client.channel(name).status.state === 'live')
  return { refused: refused.sort(), live, asked }
}

const names = Array.from({ length: 30 }, (_, index) => `c${index}`)

describe('a set of channels of which some may not be read', () => {
  it('is read without those that the refusal names, all at once (§4)', async () => {
    const { refused, live, asked } = await read(names, (name) => !/^c[137]$/.test(name))
    expect([refused, live.length, asked]).toEqual([['c1', 'c3', 'c7'], 27, 2])
  })

  it('is read without those that are refused in words of the application', async () => {
    const { refused, live, asked } = await read(names, (name) => {
      if (/^c(3|7)$/.test(name)) throw new ServerError('forbidden', 'Not now.')
      return true
    })
    expect([refused, live.length, asked]).toEqual([['c3', 'c7'], 28, 2])
  })

  it('is read without those whose names or cursors are none', async () => {
    const { refused, live } = await read(['a', 'no name', 'b', 'lost'], () => true)
    expect([refused, live]).toEqual([
      ['lost', 'no name'],
      ['a', 'b'],
    ])
  })

  it.each(['sse', 'ndjson'] as const)(
    'loses the one that was open over %s and may not be read any more, not those that came to it',
    async (transport) => {
      let isBanned = false
      const server = createTestServer<object>({
        authorize: (_who, _action, channel) => {
          if (isBanned && channel === 'a') throw new ServerError('forbidden', 'Not now.')
          return true
        },
      })
      onTestFinished(() => server.close())
      const client = connect(server.url, { environment: server.environment(), transport })
      onTestFinished(() => client.close())
      const read = (name: string) => client.channel(name, { need: {} }).subscribe(() => {}, { onError() {} })
      for (const name of ['a', 'b']) read(name)
      await server.advance(1000)
      isBanned = true
      read('c')
      await server.advance(1000)
      const states = ['a', 'b', 'c'].map((name) => client.channel(name).status.state)
      expect(states).toEqual(['refused', 'live', 'live'])
    },
  )
})
