import { type PlanInput, plan as planWith } from '@gamut/advisor'
import { describe, expect, it } from 'vitest'
import { handCalibration } from './hand-calibration.js'

const plan = (input?: PlanInput) => planWith(input, handCalibration)

const feed = { updatesPerSecond: 1, stalenessMs: 1000 }
/** A stream for each of 50,000 users. */
const streams: PlanInput = { users: 50_000, mix: [{ need: feed, pattern: 'sse' }] }

describe('a plan', () => {
  // By hand: a process takes 8,000 of its 10,000 connections, a node of two cores 16,000; 50,000 are 3.1 nodes, so 4 and one to spare.
  it('counts nodes, processes and descriptors', () => {
    const { nodes, connections, oneNode } = plan(streams)
    expect(connections).toEqual({ held: 50_000, shared: 0 })
    expect(nodes).toMatchObject({
      count: 5,
      spare: 1,
      processesPerNode: 2,
      readersPerProcess: { usual: 5000, most: 6250 },
      descriptorsPerProcess: 6250 + 64,
    })
    expect(oneNode).toMatchObject({ resource: 'connections', users: 16_000 })
  })

  // By hand: 50,083 × 8 µs of delivery, 0.2 kB × 0.8 µs more each, 83 connections a second × 165 µs.
  it('counts cores', () => {
    expect(plan(streams).nodes.cores).toBeCloseTo(0.4007 + 0.008 + 0.01375, 3)
  })

  // By hand: on 8 processes 6,250 connections of 5,600 and 2,800 bytes each, so 12,500 of a node; two processes and the one above them.
  it('counts memory', () => {
    const { memoryBytes } = plan(streams).nodes
    expect(memoryBytes.connections).toBe(12_500 * 5600)
    expect(memoryBytes.kernel).toBe(12_500 * 2800)
    expect(memoryBytes.processes).toBe(2 * 167_000_000 + 77_000_000)
    expect(memoryBytes.log).toBe(0)
  })

  // By hand: of 50,000 channels a node has those of its 12,500 readers; a room of 100 has readers in each of 8 processes.
  it('counts what processes keep of channels', () => {
    const dear = { ...handCalibration, process: { ...handCalibration.process, channelBytes: 6000 } }
    const channels = (use: object) =>
      planWith({ ...streams, mix: [{ need: feed, pattern: 'sse', ...use }] }, dear).nodes.memoryBytes.channels
    expect(channels({ need: { ...feed, audience: 'per-user' } })).toBeCloseTo(12_500 * 6000, -1)
    expect(channels({ readersPerChannel: 100 }) / (500 * 2 * 6000)).toBeCloseTo(1, 4)
    expect(channels({ readersPerChannel: 1, pattern: 'poll' })).toBe(0)
  })

  // By hand: one proxy has two descriptors for each of 50,000, and 12,500 ports towards each of 4 nodes.
  it('counts what proxies need', () => {
    const { proxies } = plan(streams)
    expect(proxies).toMatchObject({ kind: 'nginx', count: 2, descriptors: 100_000 })
    expect(proxies.ports).toEqual({ used: 12_500, of: 28_232 })
    expect(plan({ ...streams, proxy: 'none' }).proxies.count).toBe(0)
  })

  // By hand: 80,000 pollers hold a connection each to who answers them first, and that asks the server once in ten seconds.
  it('counts readers of a CDN as nobody’s but the CDN’s', () => {
    const polled = (sharedCache: 'none' | 'cdn' | 'proxy') =>
      plan({
        users: 80_000,
        mix: [
          {
            need: { updatesPerSecond: 1, stalenessMs: 19_950 },
            pattern: 'poll',
            circumstances: { sharedCache },
          },
        ],
        node: { connections: 100_000 },
      })
    const [without, cdn, own] = [polled('none'), polled('cdn'), polled('proxy')]
    expect(own.proxies.descriptors).toBe(80_001)
    expect(own.proxies.ports.used).toBe(1)
    expect(cdn.proxies).toMatchObject({ count: 2, descriptors: 2, ports: { used: 1 } })
    expect(cdn.proxies.cores).toBeLessThan(0.001)
    expect(cdn.nodes.bytesPerSecond).toBeLessThan(without.nodes.bytesPerSecond / 1000)
    expect(cdn.broker.bytesPerSecond).toBeLessThan(10_000)
    // Users get their bytes all the same.
    expect(cdn.uses[0]?.bytesPerSecond).toBeGreaterThan(without.nodes.bytesPerSecond / 10)
  })

  // By hand: 20,000 connections from one address to one node are more than 80 % of 28,232, but not of 64,512.
  it('widens the range of ports where it is too narrow', () => {
    const wide = { ...streams, node: { cores: 8 }, redundancy: 0, proxy: { count: 1 } }
    expect(plan(wide)).toMatchObject({
      nodes: { count: 1 },
      proxies: { ports: { used: 50_000, of: 64_512 } },
    })
    const two = plan({ ...wide, proxy: { count: 1, backendAddresses: 3 } })
    expect(two.proxies.ports).toEqual({ used: 16_667, of: 28_232 })
  })

  // By hand: 100 messages a second to 20,000 are two million times 8.16 µs: 16.3 cores, of which a node of two gives 1.2.
  it('takes as many nodes as the core asks for', () => {
    const busy = plan({
      users: 20_000,
      mix: [{ need: { updatesPerSecond: 100, stalenessMs: 500 }, pattern: 'sse' }],
      node: { bytesPerSecond: 1e9 },
    })
    expect(busy.nodes.cores).toBeCloseTo(16.4, 0)
    expect(busy.nodes.count).toBe(14 + 1)
  })

  // By hand: 2,000 rooms × 2 messages a second; each is told to the nodes that have one of its 25 readers, which of 1.. nodes nearly all have.
  it('counts what Redis does', () => {
    const { broker, nodes } = plan({
      users: 50_000,
      mix: [{ readersPerChannel: 25, need: { updatesPerSecond: 2 }, pattern: 'websocket' }],
      broker: 'redis',
    })
    expect(nodes.count).toBe(5)
    expect(broker).toMatchObject({ kind: 'redis', appendsPerSecond: 4000, runsPerSecond: 4000 })
    const watched = 1 - (3 / 4) ** 25
    expect(broker.announcementsPerSecond).toBeCloseTo(4000 * 4 * watched, 3)
    expect(broker.cores).toBeCloseTo((4000 * (16 + 6 + 36) + 16_000 * watched * 3) / 1e6, 6)
  })

  // By hand: runs for one channel are 1.5 ms each, so one node does 667/s of them, and is told of as many.
  it('has what comes for a channel share a run, and an announcement', () => {
    const { broker, nodes } = plan({
      users: 2,
      mix: [{ need: { updatesPerSecond: 20_000, messageBytes: 10 }, pattern: 'sse' }],
      broker: 'redis',
    })
    expect(nodes.count).toBe(2)
    expect(broker.runsPerSecond).toBeCloseTo(1000 / 1.5, 6)
    expect(broker.announcementsPerSecond).toBeCloseTo(1000 / 1.5, 6)
    expect(broker.cores).toBeCloseTo((667 * (16 + 3 + 36) + 20_000 * 6) / 1e6, 3)
  })

  // By hand: 100,000 polls a second ask one master for the head, 6 µs each, which with what wakes it up is more than 60 % of it.
  it('says that polls of one channel may ask for more than a master has', () => {
    const polled: PlanInput = {
      users: 500_000,
      mix: [{ need: { updatesPerSecond: 0.2, stalenessMs: 5000 }, pattern: 'poll' }],
    }
    expect(plan(polled).unsolved).toEqual(['broker-core'])
    expect(plan({ ...polled, circumstances: { sharedCache: 'cdn' } }).unsolved).toEqual([])
  })

  it('says that a channel on one master may ask for more than any number of masters gives', () => {
    const hot = plan({
      users: 100,
      mix: [{ need: { updatesPerSecond: 120_000, messageBytes: 10 }, pattern: 'sse' }],
      node: { bytesPerSecond: 1e12 },
      broker: 'redis',
    })
    expect(hot.unsolved).toContain('broker-core')
    expect(hot.meets).toBe(false)
  })

  // Measured (redis-appends): 5,000/s one at a time take 0.29 of the core, 75,000/s of many publishers 0.84, 142,000/s 20 at a time 0.97.
  it.each([
    [5000, 5000, 0.29],
    [75_400, 9_425, 0.84],
    [142_200, 3_555, 0.97],
  ])(
    'says of %i appends/s in %i runs what was measured of the core of Redis, within a fifth',
    (appends, runs, share) => {
      const { run, message, wake } = handCalibration.redis
      const cores = (runs * run + appends * message + Math.min(runs, wake.mostPerSecond) * wake.each) / 1e6
      expect(cores / share).toBeGreaterThan(0.8)
      expect(cores / share).toBeLessThan(1.2)
    },
  )

  it('holds one connection for a user of several uses', () => {
    const { connections, uses } = plan({
      users: 10_000,
      mix: [
        { name: 'chat', share: 0.25, need: feed, pattern: 'websocket' },
        { name: 'feed', need: feed, pattern: 'sse' },
        { name: 'badge', need: { updatesPerSecond: 0.001 }, pattern: 'poll' },
      ],
    })
    expect(uses.map(({ readers }) => readers)).toEqual([2500, 10_000, 10_000])
    expect(connections).toEqual({ held: 10_000, shared: 2500 })
  })

  it('takes a use’s pattern from the advice where none is given', () => {
    const { uses } = plan({
      users: 5000,
      mix: [
        { need: { direction: 'both', clientMessagesPerSecond: 0.1 } },
        { need: { updatesPerSecond: 0.01, stalenessMs: 60_000 } },
      ],
    })
    expect(uses.map(({ name, pattern, given }) => [name, pattern, given])).toEqual([
      ['use 1', 'websocket', false],
      ['use 2', 'poll', false],
    ])
  })

  // By hand: 1.1^12 = 3.138; a node holds 8,000 of one process; log(8000/1000)/log(1.1) = 21.8.
  it('plans for growth, and says how long it lasts', () => {
    const { users, firstLimit, nodes } = plan({
      users: 1000,
      growth: { percentPerMonth: 10, months: 12 },
      mix: [{ need: feed, pattern: 'sse' }],
      node: { cores: 1 },
      redundancy: 0,
    })
    expect(users).toEqual({ now: 1000, planned: 3139 })
    expect(nodes.count).toBe(1)
    expect(firstLimit).toMatchObject({ resource: 'connections', users: 8000 })
    expect(firstLimit?.inMonths).toBeCloseTo(21.8, 1)
    expect(plan({ users: 1000, growth: 3 }).users.planned).toBe(3000)
  })

  it('keeps the log in the one node that there is, and shares it where there are more', () => {
    expect(plan({ users: 100, redundancy: 0 }).broker.kind).toBe('memory')
    expect(plan({ users: 100 }).broker.kind).toBe('redis')
    for (const broker of ['memory', 'sqlite'] as const) {
      expect(plan({ users: 100, broker })).toMatchObject({ nodes: { count: 1, spare: 0 } })
      const many = plan({ users: 1e6, broker })
      expect(many.warnings.map(({ code }) => code)).toContain('one-node')
      expect(many.headline).toContain('a log that they share')
    }
  })

  it('says where no number of nodes is enough', () => {
    const { unsolved, meets } = plan({ node: { memory: '512MB', cores: 2 } })
    expect(unsolved).toEqual(['memory'])
    expect(meets).toBe(false)
    expect(plan({ users: 100_000, broker: 'memory' }).meets).toBe(false)
  })

  // By hand: 10,000 of one node come to 8 processes, 1,250 each, within the 3 s of a client's retry; HTTP/2 to the proxy stays.
  it('says how long readers take to come back', () => {
    const { nodeDies, nodeDrains, deployMs } = plan(streams).reconnect
    expect(nodeDies).toEqual({ readers: 10_000, perProcess: 1250, ms: 3000, by: 'retry' })
    // Each process drains 5,000 at 1,000 a second, and a slot more.
    expect(nodeDrains).toEqual({ readers: 10_000, perProcess: 1250, ms: 6000, by: 'accept-rate' })
    expect(deployMs).toBe(5 * (6000 + 2000))
  })

  // By hand: WebSockets shake hands anew, 10,000 × 0.94 ms are 9.4 s of a core; two proxies of two cores have some 3.1 idle.
  it('counts the handshakes of TLS where connections end with the node', () => {
    const { reconnect, proxies } = plan({ users: 50_000, mix: [{ need: feed, pattern: 'websocket' }] })
    expect(reconnect.nodeDies.by).toBe('handshakes')
    expect(reconnect.nodeDies.ms).toBeCloseTo(1000 + 9400 / (4 - proxies.cores), -2)
  })

  // By hand: past the burst of 10,000 the one process left takes 1,000 a second: 3 s and 30,000 - 10,000 of them.
  it('keeps to the accept rate past the burst', () => {
    const { nodes, reconnect } = plan({
      users: 60_000,
      mix: [{ need: { updatesPerSecond: 0.01 }, pattern: 'sse' }],
      node: { cores: 1, connections: 100_000, fds: 200_000 },
    })
    expect(nodes.count).toBe(2)
    expect(reconnect.nodeDies).toEqual({ readers: 30_000, perProcess: 30_000, ms: 23_000, by: 'accept-rate' })
  })

  it('says that the only node has to start again', () => {
    const { reconnect } = plan({ users: 100, redundancy: 0, mix: [{ need: feed, pattern: 'sse' }] })
    expect(reconnect.nodeDies).toEqual({ readers: 100, perProcess: 50, ms: 5000, by: 'start' })
  })

  it('says what a higher limit of connections would save', () => {
    const { nodes, warnings } = plan(streams)
    expect(nodes.asked).toEqual({ core: 1, memory: 1, descriptors: 1, connections: 4, bandwidth: 1 })
    expect(warnings.map(({ code }) => code)).toEqual(['broker-no-spare', 'raise-connections'])
    expect(plan({ ...streams, node: { connections: 50_000 } }).nodes.count).toBe(2)
  })

  it('says of each use what advice says of it', () => {
    const { warnings, uses } = plan({
      users: 50_000,
      mix: [
        { name: 'video', need: { messageBytes: 100_000, loss: 'may-miss' } },
        { name: 'chat', readersPerChannel: 20, need: { clientMessagesPerSecond: 0.1 } },
        { name: 'quiet', share: 0.1, readersPerChannel: 5, need: { clientMessagesPerSecond: 0.1 } },
      ],
    })
    expect(warnings.filter(({ use }) => use)).toEqual([
      {
        code: 'large-messages',
        use: 'video',
        text: expect.stringMatching(/^Video: Messages of 100,000 bytes/),
      },
      {
        code: 'sent-by-all',
        use: 'chat',
        text: expect.stringMatching(/^Chat: All clients of a channel together send 2 messages a second/),
      },
    ])
    expect(uses.map((use) => use.warnings.map(({ code }) => code))).toEqual([
      expect.arrayContaining(['large-messages']),
      expect.arrayContaining(['sent-by-all']),
      expect.not.arrayContaining(['sent-by-all']),
    ])
    const alone = plan({ users: 50_000, mix: [{ need: { messageBytes: 100_000 } }] })
    expect(alone.warnings.at(-1)?.text).toMatch(/^Messages of/)
  })

  it('says what servers at the edge would save, and by what they are billed', () => {
    const { edge } = plan({ ...streams, regions: { users: 5, servers: 1, betweenMs: 300 } })
    expect(edge).toMatchObject({
      helps: 'some',
      regions: 4,
      users: 40_000,
      saved: { opening: { roundTrips: 3, ms: 900 }, request: { ms: 300 }, message: { ms: 150 } },
    })
    expect(edge.bills.connectionHours).toBe(40_000 * 730)
    // A message a second, and the newest one to whoever comes, once in ten minutes.
    expect(edge.bills.messages).toBe(40_000 * 730 * 3600 * (1 + 1 / 600))
    expect(plan({ ...streams, regions: { users: 5, servers: 5 } }).edge.helps).toBe('no')
  })

  it('says that an edge is needed where what is far is too old', () => {
    const game = { updatesPerSecond: 10, stalenessMs: 150 }
    const { edge, warnings } = plan({
      users: 1000,
      mix: [{ need: game, readersPerChannel: 20, pattern: 'websocket' }],
      regions: { users: 2, servers: 1, betweenMs: 300 },
    })
    expect(edge.helps).toBe('needed')
    expect(warnings.map(({ code }) => code)).toContain('edge')
  })
})

describe('the settings of a plan', () => {
  const settingOf = (input: PlanInput, on: string, name: string) =>
    plan(input).settings.find((setting) => setting.on === on && setting.name === name)?.value

  it.each([
    ['node', 'nofile', 65_536],
    ['node', 'net.core.somaxconn', 4096],
    ['node', 'net.ipv4.tcp_wmem', '4096 16384 524288'],
    // A quarter of 4 GiB in pages of 4 KiB.
    ['node', 'net.ipv4.tcp_mem', '131072 196608 262144'],
    ['node', '--workers', 2],
    ['node', '--max-connections', 10_000],
    ['node', '--max-sockets', 15_000],
    // 50,000 descriptors of each worker, and a fifth more.
    ['proxy', 'worker_connections', 65_536],
    // 10,000 readers come to one proxy within two seconds.
    ['proxy', 'net.core.somaxconn', 8192],
    ['proxy', 'net.netfilter.nf_conntrack_max', 262_144],
    ['proxy', 'net.ipv4.ip_local_port_range', undefined],
    ['redis', 'maxmemory-policy', 'noeviction'],
  ])('has on each %s %s as %s', (on, name, value) => {
    expect(settingOf(streams, on, name)).toBe(value)
  })

  it('widens the range of ports only where it is needed', () => {
    const wide: PlanInput = { ...streams, node: { cores: 8 }, redundancy: 0, proxy: { count: 1 } }
    expect(settingOf(wide, 'proxy', 'net.ipv4.ip_local_port_range')).toBe('1024 65535')
  })

  it('hands requests out in turn where there is a node to spare, else fills the emptiest', () => {
    expect(plan(streams).loadBalancer).toMatchObject({
      method: 'round-robin',
      sticky: false,
      readTimeoutMs: 90_000,
      keepAliveMs: 60_000,
    })
    expect(plan({ ...streams, redundancy: 0 }).loadBalancer.method).toBe('least-connections')
  })

  it('waits longer than the longest heartbeat', () => {
    const phones = { ...streams, circumstances: { onBattery: true, proxyCutsAfterMs: 0 } }
    expect(plan(phones).loadBalancer.readTimeoutMs).toBe(2 * 55_000 * 1.5)
  })

  it('comes as files, of the proxy that there is', () => {
    const files = (input: PlanInput) => plan(input).snippets.map(({ file }) => file.split('/').at(-1))
    expect(files({ ...streams, proxy: 'haproxy' })).toEqual([
      '90-gamut.conf',
      'plan.conf',
      '90-gamut.conf',
      'plan.conf',
      'haproxy.cfg',
      'redis.conf',
    ])
    expect(files({ users: 10, redundancy: 0, proxy: 'none' })).toEqual(['90-gamut.conf', 'plan.conf'])
  })
})

it('tells a broker of one node to do without a spare only where one node carries everything', () => {
  const said = (users: number, broker: 'memory' | 'sqlite') =>
    plan({ users, broker, redundancy: 1 }).warnings.find(({ code }) => code === 'one-node')?.text
  expect(said(1000, 'memory')).toMatch(/2 are needed: take Redis, or do without a node to spare\.$/)
  expect(said(1_000_000, 'sqlite')).toMatch(/are needed: take Redis\.$/)
})
