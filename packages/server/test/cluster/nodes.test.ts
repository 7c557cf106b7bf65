import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { version } from '../../src/version.js'
import { createNodes } from '../presence/rig.js'
import { createTenureRig } from '../tenure/rig.js'

const token = 'the-key-of-the-operators'

type Node = ReturnType<typeof createNodes>['nodes'][number]

const listed = async ({ ask }: Pick<Node, 'ask'>) => {
  const { status, body } = await ask('/nodes', { token })
  expect(status).toBe(200)
  return JSON.parse(body)
}
const names = async (node: Pick<Node, 'ask'>) =>
  (await listed(node)).nodes.map(({ node: name }: { node: string }) => name)

describe('GET /nodes (§14)', () => {
  it('tells the nodes that share a store, with themselves', async () => {
    const { make, clock } = createNodes(0)
    const one = make({ node: 'one', url: 'https://one.test' })
    const two = make({ node: 'two' })
    await one.pass(6000)
    await two.open('/channels/a?as=sse', { token: 'ann' })
    const now = clock.now()
    expect(await listed(two)).toEqual({
      node: 'two',
      nodes: [
        {
          node: 'one',
          started: now - 6000,
          version,
          url: 'https://one.test',
          connections: 0,
          channels: 4,
          ageMs: 1000,
        },
        { node: 'two', started: now - 6000, version, connections: 1, channels: 5, ageMs: 0 },
      ],
    })
    expect(await names(one)).toEqual(['one', 'two'])
  })

  it('are told where two have one name, but not of one that died and came again under its own', async () => {
    const logged: unknown[] = []
    const logger = { info: () => {}, warn: () => {}, error: (...said: unknown[]) => logged.push(said) }
    const { make } = createNodes(0)
    const dead = make({ node: 'one', logger })
    await dead.pass(2000)
    dead.cut()
    const one = make({ node: 'one', logger })
    await one.pass(20_000)
    expect(logged).toEqual([])
    const namesake = make({ node: 'one', logger })
    await namesake.pass(20_000)
    const said = [{ node: 'one' }, 'another node has the name of this one: give each node a name of its own']
    expect(logged).toEqual([said, said])
  })

  it('forgets one that has ended at once, and one that has died after its lease', async () => {
    const { make } = createNodes(0)
    const [one, two, three] = [make({ node: 'one' }), make({ node: 'two' }), make({ node: 'three' })]
    await one.pass(6000)
    expect(await names(one)).toEqual(['one', 'three', 'two'])
    await three.gamut.stop()
    await one.turns()
    expect(await names(one)).toEqual(['one', 'two'])
    two.cut()
    await one.pass(12_000)
    expect(await names(one)).toEqual(['one', 'two'])
    await one.pass(5000)
    expect(await names(one)).toEqual(['one'])
    two.mend()
    await one.pass(6000)
    expect(await names(one)).toEqual(['one', 'two'])
  })

  it('says that it may be old while the store is away', async () => {
    const { make } = createNodes(0)
    const one = make({ node: 'one' })
    await one.pass(1000)
    one.cut()
    expect(await listed(one)).toMatchObject({ node: 'one', stale: true })
  })

  it('tells a node of its own alone, which writes nothing for it', async () => {
    const rig = createTenureRig({ node: 'one' })
    await rig.turns()
    expect(await names(rig)).toEqual(['one'])
    const { offset } = await rig.gamut.publish('a', 1)
    expect(offset).toBe(1)
  })

  it('is for operators, and what it is made of is read by nobody', async () => {
    const { ask, known } = createTenureRig()
    known.set('ann', { id: 'ann' })
    expect((await ask('/nodes', { token: 'ann' })).status).toBe(401)
    expect((await ask('/channels/$nodes', { token: 'ann' })).status).toBe(403)
    expect((await ask('/channels/$sources', { token: 'ann' })).status).toBe(403)
  })
})

describe('the version that a node tells', () => {
  it('is that of the package', () => {
    const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
    expect(JSON.parse(text).version).toBe(version)
  })
})
