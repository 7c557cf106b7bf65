import { describe, expect, it } from 'vitest'
import { createNodes } from '../presence/rig.js'

type Node = ReturnType<typeof createNodes>['nodes'][number]

/** Nodes that compute `report` from what a test sets, and count each by itself how often. */
function setUp(count: number) {
  const { make } = createNodes(0)
  const state = { value: 0 as unknown, fails: false }
  const runs = Array.from({ length: count }, () => 0)
  const nodes = runs.map((_none, index) => {
    const load = () => {
      runs[index] = (runs[index] ?? 0) + 1
      if (state.fails) throw new Error('the database is away')
      return state.value
    }
    return make({ node: `node-${index}`, channels: { report: { source: { load, everyMs: 1000 } } } })
  })
  /** Which nodes have computed it since the last time that this was asked. */
  const computing = () => {
    const busy = runs.flatMap((many, index) => (many > 0 ? [index] : []))
    runs.fill(0)
    return busy
  }
  return { nodes: nodes as Node[], state, computing, first: nodes[0] as Node }
}

const read = (node: Node, as = 'ndjson') => node.open(`/channels/report?as=${as}`, { token: 'ann' })

describe('a computed channel on several nodes (§2)', () => {
  it('is computed by one of those that read it, and told by all', async () => {
    const { nodes, state, computing, first } = setUp(3)
    await first.pass(1000)
    const readings = await Promise.all(nodes.map((node) => read(node)))
    await first.pass(5000)
    computing()
    state.value = 'new'
    await first.pass(10_000)
    expect(computing()).toHaveLength(1)
    for (const { text } of readings) {
      expect(text.match(/"data":0/g)).toHaveLength(1)
      expect(text.match(/"data":"new"/g)).toHaveLength(1)
    }
  })

  it('gives a first poll its first value, on every node', async () => {
    const { nodes, first } = setUp(3)
    await first.pass(1000)
    const polls = nodes.map((node) => node.ask('/channels/report', { token: 'ann' }))
    await first.pass(1000)
    for (const { body } of await Promise.all(polls))
      expect(JSON.parse(body).messages).toMatchObject([{ data: 0 }])
  })

  it.each(['dies', 'ends', 'is no longer read'])(
    'goes on where the node that computes it %s',
    async (how) => {
      const { nodes, state, computing, first } = setUp(3)
      await first.pass(1000)
      const readings = await Promise.all(nodes.map((node) => read(node)))
      await first.pass(5000)
      computing()
      await first.pass(5000)
      const [leader = -1] = computing()
      if (how === 'dies') nodes[leader]?.cut()
      else if (how === 'ends') await nodes[leader]?.gamut.stop()
      else readings[leader]?.owner?.closed()
      const other = (leader + 1) % 3
      // A node's lease, and the second in which its end is seen.
      await first.pass(how === 'dies' ? 17_000 : 2000)
      computing()
      state.value = 'after'
      await first.pass(3000)
      expect(computing().filter((index) => index !== leader)).toHaveLength(1)
      expect(readings[other]?.text.match(/"data":"after"/g)).toHaveLength(1)
    },
  )

  it('is computed by nobody once nobody reads it, and by whoever reads it next', async () => {
    const { nodes, computing, first } = setUp(2)
    await first.pass(1000)
    const readings = await Promise.all(nodes.map((node) => read(node)))
    await first.pass(3000)
    for (const { owner } of readings) owner?.closed()
    await first.pass(3000)
    computing()
    await first.pass(20_000)
    expect(computing()).toEqual([])
    await read(nodes[1] as Node)
    await first.pass(3000)
    expect(computing()).toEqual([1])
  })

  it('says on every node that it fails, and goes on where it works again', async () => {
    const { nodes, state, first } = setUp(2)
    await first.pass(1000)
    const readings = await Promise.all(nodes.map((node) => read(node)))
    await first.pass(3000)
    state.fails = true
    await first.pass(5000)
    for (const { text } of readings) expect(text).toContain('"code":"source_failed"')
    const poll = nodes[0]?.ask('/channels/report', { token: 'ann' })
    await first.pass(100)
    expect((await poll)?.body).toContain('source_failed')
    state.fails = false
    state.value = 'again'
    await first.pass(20_000)
    for (const { text } of readings) expect(text).toContain('"data":"again"')
  })

  it('comes back to a node that computed it before, with what was appended meanwhile', async () => {
    const { nodes, state, computing, first } = setUp(2)
    await first.pass(1000)
    const readings = await Promise.all(nodes.map((node) => read(node)))
    await first.pass(5000)
    computing()
    await first.pass(5000)
    const [leader = -1] = computing()
    nodes[leader]?.cut()
    await first.pass(17_000)
    state.value = 'between'
    await first.pass(3000)
    state.value = 0
    nodes[leader]?.mend()
    await first.pass(10_000)
    const other = readings[(leader + 1) % 2]?.text
    expect(other?.match(/"data":("between"|0)/g)).toEqual(['"data":0', '"data":"between"', '"data":0'])
    expect(readings[leader]?.text).toContain('between')
  })
})
