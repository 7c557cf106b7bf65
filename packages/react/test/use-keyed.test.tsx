// @vitest-environment happy-dom
import { useChannel, useKeyed, useLatest } from '@gamut/react'
import { describe, expect, it } from 'vitest'
import { open, startServer } from './rig.js'

const keyed = { channels: { board: { keyed: true } } } as const

/** A board as text. */
function Board() {
  return [...useKeyed('board')].map(([key, { data }]) => `${key}=${data}`).join(' ')
}

/** One key of it, telling each time that it renders. */
function Field({ of, told = [] }: { readonly of: string; readonly told?: unknown[] }) {
  const message = useLatest('board', { key: of })
  told.push(message?.data)
  return String(message?.data)
}

/** How many messages there are. */
function Count() {
  return useChannel('board').messages.length
}

describe('a keyed channel', () => {
  it('is shown as its newest message of each key, without those that were removed (§5)', async () => {
    const { server, gamut } = startServer(keyed)
    await server.publish('board', 1, { key: 'a' })
    await server.publish('board', 2, { key: 'b' })
    const page = await open({ server, gamut }, <Board />)
    expect(page.text()).toBe('a=1 b=2')
    await page.after(() => server.publish('board', 3, { key: 'a' }))
    expect(page.text()).toBe('a=3 b=2')
    await page.after(() => server.gamut.deleteKey('board', 'b'))
    expect(page.text()).toBe('a=3')
  })

  it('renders who shows one key for this key alone', async () => {
    const { server, gamut } = startServer(keyed)
    await server.publish('board', 1, { key: 'a' })
    const told: unknown[] = []
    const page = await open({ server, gamut }, <Field of="a" told={told} />)
    expect(page.text()).toBe('1')
    const before = told.length
    await page.after(() => server.publish('board', 2, { key: 'b' }))
    expect(told).toHaveLength(before)
    await page.after(() => server.gamut.deleteKey('board', 'a'))
    expect(page.text()).toBe('undefined')
  })

  it('has its keys for a component that comes later too', async () => {
    const { server, gamut } = startServer(keyed)
    for (const key of ['a', 'b', 'c']) await server.publish('board', key, { key })
    const page = await open({ server, gamut }, <Count />)
    expect(page.text()).toBe('3')
    await page.show(
      <>
        <Count /> <Board />
      </>,
    )
    expect(page.text()).toBe('3 a=a b=b c=c')
  })

  it('is replaced by a snapshot that comes later (§5)', async () => {
    const { server, gamut } = startServer(keyed)
    await server.publish('board', 1, { key: 'a' })
    const page = await open(
      { server, gamut },
      <>
        <Count /> <Board />
      </>,
    )
    expect(page.text()).toBe('1 a=1')
    await page.after(() => server.faults.restartNode({ isEmpty: true }))
    await server.publish('board', 2, { key: 'b' })
    await page.after(() => server.advance(30_000))
    expect(page.text()).toBe('1 b=2')
  })
})
