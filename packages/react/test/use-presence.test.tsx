// @vitest-environment happy-dom
import { GamutProvider, usePresence } from '@gamut/react'
import { renderToString } from 'react-dom/server'
import { describe, expect, it } from 'vitest'
import { open, startServer } from './rig.js'

/** Who is there, as text, telling each time that it renders. */
function Faces({ told = [] }: { readonly told?: unknown[] }) {
  const { members, error } = usePresence<string>('chat')
  const text = error?.code ?? [...members.values()].map((one) => `${one.identity}:${one.state}`).join(' ')
  told.push(text)
  return text
}

/** Is there while it is shown. */
function Me({ state }: { readonly state: unknown }) {
  usePresence('chat', { state, device: 'd' })
  return null
}

/** What was said of the page's own presence. */
const said = (asked: readonly string[]) =>
  asked
    .filter((line) => line.includes('presence=d'))
    .map((line) => new URL(line.split(' ')[1] ?? '', 'http://a').searchParams.get('state'))

describe('who is there', () => {
  it('is shown, and rendered for what changes alone (§11)', async () => {
    const { server, gamut } = startServer()
    await server.publish('$presence/chat', 'here', { key: 'ann/a' })
    const told: unknown[] = []
    const page = await open({ server, gamut }, <Faces told={told} />)
    expect(page.text()).toBe('ann:here')
    const before = told.length
    await page.after(() => server.publish('$presence/chat', 'here', { key: 'ann/a' }))
    expect(told).toHaveLength(before)
    await page.after(() => server.publish('$presence/chat', 'away', { key: 'bob/b' }))
    expect(page.text()).toBe('ann:here bob:away')
    await page.after(() => server.gamut.deleteKey('$presence/chat', 'ann/a'))
    expect(page.text()).toBe('bob:away')
  })

  it('is read once for all components, for one that comes later too, and no more behind the last', async () => {
    const { server, gamut, asked } = startServer()
    await server.publish('$presence/chat', 1, { key: 'ann/a' })
    const page = await open({ server, gamut }, <Faces />)
    await page.show(
      <>
        <Faces /> <Faces />
      </>,
    )
    expect(page.text()).toBe('ann:1 ann:1')
    expect(asked.filter((line) => line.includes('as=sse'))).toHaveLength(1)
    await page.show(null)
    expect(server.connections).toEqual([])
    await server.gamut.deleteKey('$presence/chat', 'ann/a')
    const told: unknown[] = []
    await page.show(<Faces told={told} />)
    expect(new Set(told)).toEqual(new Set(['']))
  })

  it('is nobody on a server that renders, and opens nothing there', async () => {
    const { gamut, asked } = startServer()
    const html = renderToString(
      <GamutProvider gamut={gamut}>
        [<Faces />]<Me state={1} />
      </GamutProvider>,
    )
    expect(html.replace(/<!-- -->/g, '')).toBe('[]')
    expect(asked).toEqual([])
  })

  it('of a channel that may not be read is an error', async () => {
    const { server, gamut } = startServer({ authorize: () => false })
    const page = await open({ server, gamut }, <Faces />)
    expect(page.text()).toBe('unauthenticated')
  })
})

describe('a component with a state', () => {
  it('is there while it is shown, in the state of now, and says nothing twice', async () => {
    const { server, gamut, asked } = startServer()
    const page = await open({ server, gamut }, <Me state={{ at: 1 }} />)
    expect(said(asked)).toEqual(['{"at":1}'])
    await page.show(<Me state={{ at: 1 }} />)
    await page.show(<Me state={{ at: 2 }} />)
    expect(said(asked)).toEqual(['{"at":1}', '{"at":2}'])
    await page.show(null)
    expect(said(asked).at(-1)).toBe('null')
  })

  it('that goes leaves those that stay there', async () => {
    const { server, gamut, asked } = startServer()
    const page = await open(
      { server, gamut },
      <>
        <Me key="a" state={1} />
        <Me key="b" state={2} />
      </>,
    )
    await page.show(<Me key="a" state={1} />)
    expect(said(asked)).toEqual(['2', '1'])
    await page.unmount()
    expect(said(asked).at(-1)).toBe('null')
  })
})
