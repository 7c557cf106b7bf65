// @vitest-environment happy-dom
import { type Publishing, usePublish } from '@gamut/react'
import { describe, expect, it, vi } from 'vitest'
import { open, startServer } from './rig.js'

/** Tells what the hook gives, each time that it renders. */
function Sender({ name, told }: { readonly name: string; readonly told: Publishing[] }) {
  const publishing = usePublish(name)
  told.push(publishing)
  return `${publishing.isPending ? 'pending' : 'rest'} ${publishing.error?.code ?? ''}`
}

describe('usePublish', () => {
  it('publishes, says so while it is not answered, and reads nothing', async () => {
    const { server, gamut, asked } = startServer()
    const told: Publishing[] = []
    const page = await open({ server, gamut }, <Sender name="log" told={told} />)
    server.faults.delay({ on: 'publish', ms: 500 })
    let published: unknown
    await page.after(() => {
      void told
        .at(-1)
        ?.publish('a')
        .then((result) => {
          published = result
        })
    })
    expect(page.text()).toBe('pending ')
    await page.after(() => server.advance(2000))
    expect(page.text()).toBe('rest ')
    expect(published).toMatchObject({ offset: 1 })
    expect(asked.filter((line) => line.startsWith('GET'))).toEqual([])
    expect(new Set(told.map(({ publish }) => publish)).size).toBeLessThanOrEqual(2)
    expect(told.at(-1)?.publish).toBe(told.at(-2)?.publish)
  })

  it('keeps the error until one succeeds, and reports none as uncaught', async () => {
    let isAllowed = false
    const { server, gamut } = startServer({ authorize: () => isAllowed })
    const uncaught = vi.fn()
    process.on('unhandledRejection', uncaught)
    const told: Publishing[] = []
    const page = await open({ server, gamut }, <Sender name="log" told={told} />)
    await page.after(() => void told.at(-1)?.publish('a'))
    expect(page.text()).toMatch(/^rest (forbidden|unauthenticated)$/)
    await page.after(() =>
      expect(told.at(-1)?.publish('a')).rejects.toMatchObject({ code: page.text().slice(5) }),
    )
    isAllowed = true
    await page.after(() => told.at(-1)?.publish('a'))
    expect(page.text()).toBe('rest ')
    process.off('unhandledRejection', uncaught)
    expect(uncaught).not.toHaveBeenCalled()
  })

  it('tells nothing of a channel that it has left', async () => {
    const { server, gamut } = startServer({ authorize: (_, __, channel) => channel !== 'secret' })
    const told: Publishing[] = []
    const page = await open({ server, gamut }, <Sender name="secret" told={told} />)
    server.faults.delay({ on: 'publish', ms: 500 })
    let isRefused = false
    await page.after(() => {
      told
        .at(-1)
        ?.publish('a')
        .catch(() => {
          isRefused = true
        })
    })
    expect(page.text()).toBe('pending ')
    await page.show(<Sender name="log" told={told} />)
    expect(page.text()).toBe('rest ')
    await page.after(() => server.advance(400))
    await page.after(() => void told.at(-1)?.publish('b'))
    for (let steps = 0; !isRefused && steps < 100; steps += 1) await page.after(() => server.advance(50))
    expect(isRefused).toBe(true)
    expect(page.text()).toBe('pending ')
    await page.after(() => server.advance(10_000))
    expect(page.text()).toBe('rest ')
  })

  it('removes a key (§5)', async () => {
    const { server, gamut } = startServer({ channels: { board: { keyed: true } } })
    await server.publish('board', 1, { key: 'a' })
    const told: Publishing[] = []
    const page = await open({ server, gamut }, <Sender name="board" told={told} />)
    await page.after(() => told.at(-1)?.remove('a'))
    const { messages } = await gamut.channel('board').history()
    expect(messages.at(-1)).toMatchObject({ key: 'a', deleted: true })
  })
})
