// @vitest-environment happy-dom
import type { History } from '@gamut/client'
import { GamutProvider, useChannel, useGamut } from '@gamut/react'
import { renderToString } from 'react-dom/server'
import { describe, expect, it } from 'vitest'
import { open, startServer } from './rig.js'

/** A channel as text. */
function List({ initial }: { readonly initial?: Pick<History, 'messages' | 'cursor'> }) {
  return (
    useChannel('log', { last: 5, initial })
      .messages.map(({ data }) => data)
      .join(' ') || 'nothing yet'
  )
}

/** Says whether there is a client. */
function Client() {
  return typeof useGamut()
}

describe('rendering on a server', () => {
  it('opens nothing, and what it has rendered is taken over without a mismatch', async () => {
    const { server, gamut, asked } = startServer()
    await server.publish('log', 'a')
    const html = renderToString(
      <GamutProvider gamut={gamut}>
        <List />
      </GamutProvider>,
    )
    await server.settle()
    expect(html).toBe('nothing yet')
    expect(asked).toEqual([])
    const wrongs: unknown[] = []
    const page = await open({ server, gamut }, <List />, { html, wrongs })
    expect(page.text()).toBe('a')
    expect(wrongs).toEqual([])
  })

  it('shows a history that was asked for before, from where a page reads on (§8)', async () => {
    const { server, gamut, asked } = startServer()
    for (const data of ['a', 'b']) await server.publish('log', data)
    const initial = await gamut.channel('log').history()
    await server.publish('log', 'c')
    const html = renderToString(
      <GamutProvider gamut={gamut}>
        <List initial={initial} />
      </GamutProvider>,
    )
    expect(html).toBe('a b')
    const wrongs: unknown[] = []
    const sent = JSON.parse(JSON.stringify(initial)) as History
    const page = await open({ server, gamut }, <List initial={sent} />, { html, wrongs })
    expect(page.text()).toBe('a b c')
    expect(wrongs).toEqual([])
    await page.show(<List initial={{ ...sent }} />)
    expect(page.text()).toBe('a b c')
    expect(asked.filter((line) => line.includes('as=sse'))).toHaveLength(1)
  })
})

describe('without a provider', () => {
  it('a hook says what is missing', () => {
    expect(() => renderToString(<Client />)).toThrow('put a <GamutProvider')
  })
})
