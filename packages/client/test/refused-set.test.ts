import { connect } from '@gamut/client'
import { GamutError as ServerError } from '@gamut/server'
import { createTestServer } from '@gamut/testing/app'
import { describe, expect, it, onTestFinished } from 'vitest'

/** A page that reads a set of channels over SSE, where a server refuses some; and what it asks to find out which. */
async function read(names: readonly string[], authorize: (channel: string) => boolean) {
  const server = createTestServer<object>({ authorize: (_who, _action, channel) => authorize(channel) })
  onTestFinished(() => server.close())
  const page = server.environment()
  const asked: string[] = []
  let open = 0
  let most = 0
  const fetch: typeof page.fetch = async (input, init) => {
    const url = String(input)
    if (!url.endsWith('?info')) return page.fetch(input, init)
    asked.push(url)
    most = Math.max(most, ++open)
    try {
      return await page.fetch(input, init)
    } finally {
      open--
    }
  }
  const environment = Object.assign(Object.create(page), { fetch })
  const client = connect(server.url, { environment, transport: 'sse' })
  onTestFinished(() => client.close())
  const refused: string[] = []
  for (const name of names)
    client.channel(name, { need: {} }).subscribe(() => {}, { onError: () => refused.push(name) })
  await server.advance(10_000)
  const live = names.filter((name) => client.channel(name).status.state === 'live')
  return { refused: refused.sort(), live, asked, most: () => most }
}

const names = Array.from({ length: 30 }, (_, index) => `c${index}`)

describe('a set of channels of which some may not be read', () => {
  it('is read without the one that the refusal names, and nothing more is asked (§4)', async () => {
    const { refused, live, asked } = await read(names, (name) => name !== 'c1')
    expect([refused, live.length, asked]).toEqual([['c1'], 29, []])
  })

  it('is read without those that are refused when asked one by one, six at a time, where it names none', async () => {
    const { refused, live, most } = await read(names, (name) => {
      if (/^c(3|7)$/.test(name)) throw new ServerError('forbidden', 'Not now.')
      return true
    })
    expect([refused, live.length]).toEqual([['c3', 'c7'], 28])
    expect(most()).toBe(6)
  })
})
