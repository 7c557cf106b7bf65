// @vitest-environment happy-dom
import { GamutProvider, type UseChannelOptions, useChannel, useLatest } from '@gamut/react'
import { describe, expect, it } from 'vitest'
import { open, startServer } from './rig.js'

/** A channel as text: its messages, then what else is known. */
function List({ name, ...options }: { readonly name: string } & UseChannelOptions) {
  const { messages, gap, end, error } = useChannel(name, options)
  const rest = [gap && `gap ${gap.reason}`, end && `end ${end}`, error && `error ${error.code}`]
  return [...messages.map(({ data, deleted }) => (deleted ? '-' : data)), ...rest.filter(Boolean)].join(' ')
}

/** Tells what it shows each time that it renders. */
function Watch({
  name,
  told,
  ...options
}: { readonly name: string; readonly told: unknown[] } & UseChannelOptions) {
  told.push([name, ...useChannel(name, options).messages.map(({ data }) => data)])
  return null
}

/** Tells that it renders, with the newest message. */
function Newest({ name, told }: { readonly name: string; readonly told: unknown[] }) {
  told.push(useLatest(name)?.data)
  return null
}

/** Without what strict mode renders twice. */
const distinct = (told: readonly unknown[]) =>
  [...new Set(told.map((one) => JSON.stringify(one)))].map((text) => JSON.parse(text))
const opened = (asked: readonly string[]) => asked.filter((line) => line.includes('as=sse'))

describe('useChannel', () => {
  it('shows the last messages and what comes, and reads once for all and for strict mode', async () => {
    const { server, gamut, asked } = startServer()
    for (const data of ['a', 'b', 'c']) await server.publish('log', data)
    const page = await open(
      { server, gamut },
      <>
        <List name="log" last={2} />|<List name="log" />
      </>,
    )
    expect(page.text()).toBe('b c|b c')
    await page.after(() => server.publish('log', 'd'))
    expect(page.text()).toBe('b c d|b c d')
    expect(opened(asked)).toHaveLength(1)
  })

  it('closes what nobody shows any more', async () => {
    const { server, gamut } = startServer()
    const page = await open({ server, gamut }, <List name="log" />)
    expect(server.connections).toHaveLength(1)
    await page.show(null)
    expect(server.connections).toEqual([])
    for (const data of ['a', 'b']) await server.publish('log', data)
    await page.show(<List name="log" />)
    await page.show(null)
    await server.publish('log', 'c')
    await page.show(<List name="log" />)
    expect(page.text()).toBe('c')
  })

  it('keeps as many messages as are to be shown, for each who shows them', async () => {
    const { server, gamut } = startServer()
    const page = await open(
      { server, gamut },
      <>
        <List name="log" keep={3} />|<List name="log" keep={2} />
      </>,
    )
    for (const data of ['a', 'b', 'c', 'd']) await page.after(() => server.publish('log', data))
    expect(page.text()).toBe('b c d|c d')
    await page.show(<List name="log" keep={9} />)
    expect(page.text()).toBe('b c d')
  })

  it('shows messages of the channel that is named now, and none of another', async () => {
    const { server, gamut, asked } = startServer()
    await server.publish('one', 1)
    await server.publish('two', 2)
    const told: unknown[] = []
    const page = await open({ server, gamut }, <Watch name="one" told={told} />)
    await page.show(<Watch name="two" told={told} />)
    expect(distinct(told)).toEqual([['one'], ['one', 1], ['two'], ['two', 2]])
    expect(opened(asked)).toHaveLength(2)
    expect(server.connections).toHaveLength(1)
  })

  it('does not read anew for options that say the same in another object', async () => {
    const { server, gamut, asked } = startServer()
    await server.publish('log', 'a')
    const page = await open({ server, gamut }, <List name="log" last={5} gap="newest" />)
    await page.show(<List name="log" last={5} gap="newest" />)
    expect(page.text()).toBe('a')
    expect(opened(asked)).toHaveLength(1)
  })

  it('reads on in another way from where it is when options say something else (§8)', async () => {
    const { server, gamut, asked } = startServer()
    for (const data of ['a', 'b', 'c']) await server.publish('log', data)
    const page = await open({ server, gamut }, <List name="log" last={2} />)
    await page.after(async () => {
      const done = page.show(<List name="log" last={2} maxRate={2} />)
      await server.publish('log', 'd')
      await done
    })
    await page.after(() => server.publish('log', 'e'))
    await page.after(() => server.advance(2000))
    expect(page.text()).toBe('b c d e')
    expect(opened(asked)).toHaveLength(2)
    expect(opened(asked)[1]).toMatch(/max-?rate=/i)
    expect(server.connections).toHaveLength(1)
  })

  it('gives a component that comes later and wants more what was before, once and in order', async () => {
    const { server, gamut, asked } = startServer()
    for (const data of ['a', 'b', 'c']) await server.publish('log', data)
    const page = await open({ server, gamut }, <List name="log" />)
    expect(page.text()).toBe('c')
    await page.show(
      <>
        <List name="log" key="first" />|<List name="log" last={3} />
      </>,
    )
    expect(page.text()).toBe('a b c|a b c')
    await page.after(() => server.publish('log', 'd'))
    expect(page.text()).toBe('a b c d|a b c d')
    expect(opened(asked)).toHaveLength(2)
    expect(server.connections).toHaveLength(1)
  })

  it('shows no hole and nothing twice where more is wanted while messages come', async () => {
    const { server, gamut } = startServer()
    for (const data of ['a', 'b', 'c']) await server.publish('log', data)
    const page = await open({ server, gamut }, <List name="log" />)
    await page.after(async () => {
      const shown = page.show(<List name="log" last={4} />)
      for (const data of ['d', 'e']) await server.publish('log', data)
      await shown
      for (const data of ['f', 'g']) await server.publish('log', data)
    })
    expect('a b c d e f g').toContain(page.text())
    expect(page.text()).toContain('d e f g')
  })
})

describe('several components', () => {
  it('have a channel read as the first of them says, and go on where one of them leaves (§8)', async () => {
    const { server, gamut, asked } = startServer()
    for (const data of ['a', 'b', 'c']) await server.publish('log', data)
    const page = await open(
      { server, gamut },
      <>
        <List key="1" name="log" last={2} maxRate={5} />|<List key="2" name="log" maxRate={9} />
      </>,
    )
    await page.show(<List key="2" name="log" maxRate={9} />)
    await page.after(() => server.publish('log', 'd'))
    expect(page.text()).toBe('c d')
    expect(opened(asked).map((line) => /rate=(\d)/i.exec(line)?.[1])).toEqual(['5', '9'])
  })

  it('read from the client that their provider has now', async () => {
    const one = startServer()
    const two = startServer()
    await one.server.publish('log', 1)
    await two.server.publish('log', 2)
    const page = await open(one, <List name="log" />)
    expect(page.text()).toBe('1')
    await page.show(
      <GamutProvider gamut={two.gamut}>
        <List name="log" />
      </GamutProvider>,
    )
    await page.after(() => two.server.settle())
    expect(page.text()).toBe('2')
    expect(one.server.connections).toEqual([])
  })

  it('find what was there when they are hidden and shown again in one turn', async () => {
    const { server, gamut, asked } = startServer()
    for (const data of ['a', 'b']) await server.publish('log', data)
    const page = await open({ server, gamut }, <List key="1" name="log" last={2} />)
    await page.show(<List key="2" name="log" last={2} />)
    expect(page.text()).toBe('a b')
    expect(opened(asked)).toHaveLength(1)
  })
})

describe('what useChannel is told besides messages', () => {
  it('is a gap (§5)', async () => {
    const { server, gamut } = startServer({ channels: { log: { retention: { count: 2 } } } })
    for (const data of ['a', 'b', 'c', 'd']) await server.publish('log', data)
    const { cursor } = await gamut.channel('log').history({ limit: 2 })
    const page = await open({ server, gamut }, <List name="log" cursor={`${cursor.split('.')[0]}.1.0`} />)
    expect(page.text()).toMatch(/^c d gap /)
  })

  it('is a gap until none of what is shown is from before it', async () => {
    const { server, gamut } = startServer({ channels: { log: { retention: { count: 2 } } } })
    for (const data of ['a', 'b', 'c', 'd']) await server.publish('log', data)
    const { cursor } = await gamut.channel('log').history({ limit: 2 })
    const reader = <List name="log" keep={3} cursor={`${cursor.split('.')[0]}.1.0`} />
    const page = await open({ server, gamut }, reader)
    expect(page.text()).toMatch(/^c d gap /)
    await page.after(() => server.publish('log', 'e'))
    expect(page.text()).toBe('c d e')
  })

  it('is the end (§15)', async () => {
    const { server, gamut } = startServer()
    await server.publish('log', 'a')
    const page = await open({ server, gamut }, <List name="log" />)
    await page.after(() => server.gamut.close('log'))
    expect(page.text()).toBe('a end closed')
  })

  it('is a source that fails, until it gives something again', async () => {
    let isBroken = false
    const load = () => {
      if (isBroken) throw new Error('broken')
      return server.now()
    }
    const { server, gamut } = startServer({ channels: { sum: { source: { load, everyMs: 1000 } } } })
    const page = await open({ server, gamut }, <List name="sum" keep={1} />)
    isBroken = true
    await page.after(() => server.advance(5000))
    expect(page.text()).toMatch(/ error source_failed$/)
    isBroken = false
    await page.after(() => server.advance(60_000))
    expect(page.text()).toMatch(/^\d+$/)
  })

  it('is a refusal, which is asked about again when somebody comes (§12)', async () => {
    let isAllowed = false
    const { server, gamut } = startServer({ authorize: () => isAllowed })
    await server.publish('log', 'a')
    const page = await open({ server, gamut }, <List name="log" />)
    expect(page.text()).toMatch(/^error /)
    isAllowed = true
    await page.show(
      <>
        <List name="log" />|<List name="log" key="second" />
      </>,
    )
    await page.after(() => server.advance(1000))
    expect(page.text()).toBe('a|a')
  })
})

describe('a render', () => {
  it('is made for what changed in what a component shows, and for nothing else', async () => {
    const { server, gamut } = startServer()
    const one: unknown[] = []
    const two: unknown[] = []
    const page = await open(
      { server, gamut },
      <>
        <Newest name="one" told={one} />
        <Newest name="two" told={two} />
      </>,
    )
    const before = two.length
    await page.after(() => server.publish('one', 1))
    expect(one.at(-1)).toBe(1)
    const after = one.length
    await page.after(() => server.advance(120_000))
    expect([one.length, two.length]).toEqual([after, before])
  })

  it('is made once for all that came at once', async () => {
    const { server, gamut } = startServer({}, { transport: 'websocket' })
    for (let index = 0; index < 50; index += 1) await server.publish('log', index)
    const told: unknown[] = []
    await open({ server, gamut }, <Watch name="log" last={50} told={told} />)
    expect(distinct(told)).toEqual([['log'], ['log', ...Array.from({ length: 50 }, (_, index) => index)]])
  })
})
