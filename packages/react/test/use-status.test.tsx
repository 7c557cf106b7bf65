// @vitest-environment happy-dom
import type { ClientStatus } from '@gamut/client'
import { useChannel, useStatus } from '@gamut/react'
import { describe, expect, it, vi } from 'vitest'
import { open, startServer } from './rig.js'

/** Reads a channel, in a component of its own. */
function Read() {
  useChannel('log')
  return null
}

/** Tells the status each time that it renders. */
function Status({ told, everyMs }: { readonly told: ClientStatus[]; readonly everyMs?: number }) {
  const status = useStatus((status) => status, { everyMs })
  told.push(status)
  return status.state
}

/** Tells the state alone each time that it renders. */
function State({ told }: { readonly told: string[] }) {
  told.push(useStatus(({ state }) => state))
  return null
}

/** Tells two parts of it each time that it renders. */
function Parts({ told }: { readonly told: string[] }) {
  const { state, transport } = useStatus(({ state, transport }) => ({ state, transport }))
  told.push(`${state} ${transport}`)
  return null
}

describe('useStatus', () => {
  it('says what the client does, and renders for changes alone', async () => {
    const { server, gamut } = startServer()
    const told: ClientStatus[] = []
    const page = await open(
      { server, gamut },
      <>
        <Status told={told} />
        <Read />
      </>,
    )
    expect(page.text()).toBe('live')
    const count = told.length
    await page.after(() => server.advance(120_000))
    await page.after(() => server.publish('log', 'a'))
    expect(told).toHaveLength(count)
    expect(gamut.status.lastEventAt).toBeGreaterThan(told.at(-1)?.lastEventAt ?? 0)
    await page.after(() => server.faults.killNode())
    expect(page.text()).toBe('waiting')
    expect(told.at(-1)).toMatchObject({ transport: 'sse', retryAt: expect.any(Number) })
  })

  it('renders a part of it when this part is another one', async () => {
    const { server, gamut } = startServer()
    const told: string[] = []
    const page = await open(
      { server, gamut },
      <>
        <State told={told} />
        <Read />
      </>,
    )
    expect(told.at(-1)).toBe('live')
    const count = told.length
    await page.after(() => gamut.move('poll'))
    expect(gamut.status.transport).toBe('poll')
    expect(told).toHaveLength(count)
  })

  it('renders a part that is made anew each time when it says something else', async () => {
    const { server, gamut } = startServer()
    const told: string[] = []
    const page = await open(
      { server, gamut },
      <>
        <Parts told={told} />
        <Read />
      </>,
    )
    expect(told.at(-1)).toBe('live sse')
    const count = told.length
    await page.after(() => server.publish('log', 'a'))
    expect(told).toHaveLength(count)
  })

  it('looks at what changes all the time as often as it is asked to', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    const { server, gamut: client } = startServer()
    let listening = 0
    const onStatus: typeof client.onStatus = (listener) => {
      const stop = client.onStatus(listener)
      listening++
      return () => {
        listening--
        stop()
      }
    }
    const gamut = Object.create(client, { onStatus: { value: onStatus } })
    const told: ClientStatus[] = []
    const page = await open(
      { server, gamut },
      <>
        <Status told={told} everyMs={1000} />
        <Read />
      </>,
    )
    await page.after(() => server.publish('log', 'a'))
    await page.after(() => server.advance(5000))
    await page.after(() => vi.advanceTimersByTime(1000))
    expect(told.at(-1)).toEqual(gamut.status)
    expect(listening).toBe(1)
    await page.unmount()
    expect([listening, vi.getTimerCount()]).toEqual([0, 0])
    vi.useRealTimers()
  })
})
