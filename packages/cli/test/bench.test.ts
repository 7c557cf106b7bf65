import { join } from 'node:path'
import { nodeCalibration, wakeShare } from '@gamut/advisor'
import { describe, expect, it } from 'vitest'
import { type All, calibrationOf } from '../src/bench/calibrate.js'
import type { Seen } from '../src/bench/experiment.js'
import { runCommand } from './run-command.js'
import { temporaryFiles } from './temporary-files.js'

const nothing: Seen = {
  requests: 0,
  empty: 0,
  connects: 0,
  received: 0,
  sent: 0,
  down: 0,
  up: 0,
  connections: 1,
  user: 0,
  kernel: 0,
  memory: 0,
  kernelMemory: 0,
  counters: {},
}

const wake = { user: 120, kernel: 20 }

/** What would be seen if work cost this, and so many turns a second a wake each as far as the process pauses between them. */
function seen(counts: Partial<Seen>, user: number, kernel: number, turns = 0): Seen {
  let [allUser, allKernel] = [user, kernel]
  // What the wakes take leaves shorter pauses, which make them cheaper: it settles at once.
  for (let round = 0; round < 50; round++) {
    const share = wakeShare(turns, (allUser + allKernel) / 1e6, nodeCalibration.pauseMs)
    allUser = user + turns * share * wake.user
    allKernel = kernel + turns * share * wake.kernel
  }
  return { ...nothing, ...counts, user: allUser, kernel: allKernel }
}

describe('a calibration', () => {
  const [append, each] = [
    { user: 10, kernel: 0 },
    { user: 2, kernel: 0 },
  ]
  const answers = (messages: number) =>
    seen(
      { requests: 100, received: 100 * messages, down: 100 * (450 + messages * 200) },
      100 * (40 + messages * each.user),
      100 * 20,
      100,
    )
  const deliveries = (kilobytes: number) =>
    seen({ received: 1000, down: 160_000 }, 1000 * (3 + kilobytes), 1000 * (6 + 2 * kilobytes), 10)
  const all: All = {
    polls: seen({ requests: 2000, up: 2000 * 500, down: 2000 * 270 }, 2000 * 30, 2000 * 15, 2000),
    fewPolls: seen({ requests: 500 }, 500 * 30, 500 * 15, 500),
    seldomPolls: seen({ requests: 100 }, 100 * 30, 100 * 15, 100),
    answers: answers(5),
    fullAnswers: answers(50),
    held: seen({ requests: 100, received: 150 }, 100 * (40 + 3 + 50), 100 * (20 + 5), 5),
    posts: seen({ sent: 100, down: 100 * 390 }, 100 * 50, 100 * 12, 100),
    sse: deliveries(0.12),
    sseLarge: deliveries(4.12),
    websocket: deliveries(0.12),
    frames: seen(
      { sent: 100, down: 100 * (160 + 90), up: 100 * 190 },
      100 * (25 + 10 + 3.12),
      100 * (7 + 6.24),
      100,
    ),
    opensRequest: seen({ connects: 50, requests: 50, up: 50 * 430 }, 50 * (40 + 2 + 60), 50 * (20 + 30), 50),
    opensSse: seen(
      { connects: 50, down: 50 * (400 + 160), up: 50 * 440 },
      50 * (150 + 3.12),
      50 * (70 + 6.24),
      50,
    ),
    opensWebsocket: seen(
      { connects: 50, down: 50 * (300 + 160), up: 50 * 620 },
      50 * (200 + 3.12),
      50 * (80 + 6.24),
      50,
    ),
    heartbeats: {
      ...seen({ down: 6000 * 15 }, 6000 * 4, 6000 * 5),
      connections: 6000,
      memory: 6000 * 5600,
      kernelMemory: 6000 * 2500,
    },
    socketHeartbeats: { ...nothing, down: 6000 * 20, connections: 6000, memory: 6000 * 7000 },
    idlePolls: { ...nothing, connections: 6000, memory: 6000 * 9000 },
    longPolls: { ...nothing, connections: 6000, memory: 6000 * 5200 },
    // A channel each, with a message of 120 B in its log.
    channels: { ...nothing, connections: 4000, memory: 4000 * (5600 + 6000 + 500 + 200 + 120) },
  }

  it('finds each price again in what experiments saw of them together', () => {
    const { work, memory, bytes, process } = calibrationOf(all, append)
    expect(process.channelBytes).toBe(6000)
    expect(work).toMatchObject({
      emptyAnswer: { user: 30, kernel: 15 },
      answer: { user: 40, kernel: 20 },
      answeredMessage: each,
      held: { user: 50, kernel: 5 },
      wake,
      append,
      post: { user: 40, kernel: 12 },
      frame: { user: 25, kernel: 7 },
      delivery: { sse: { user: 3, kernel: 6 }, websocket: { user: 3, kernel: 6 } },
      kilobyte: { user: 1, kernel: 2 },
      open: {
        request: { user: 60, kernel: 30 },
        sse: { user: 150, kernel: 70 },
        websocket: { user: 200, kernel: 80 },
      },
      heartbeat: { user: 4, kernel: 5 },
    })
    expect(memory).toMatchObject({ idle: 9000, 'long-poll': 5200, sse: 5600, websocket: 7000, kernel: 2500 })
    expect(bytes.heads[1.1]).toEqual({
      request: 500,
      first: 430,
      empty: 270,
      answer: 450 - bytes.aroundAnswer,
    })
    expect(bytes).toMatchObject({
      open: { sse: { down: 400, up: 440 }, websocket: { down: 300, up: 620 } },
      posted: 390,
      frame: { down: 90, up: 70 },
      around: { answer: 80, sse: 40 },
      heartbeat: { sse: 15, websocket: 20 },
    })
  })
})

describe('gamut bench', () => {
  const need = { readers: 30, updatesPerSecond: 20, stalenessMs: 1500, messageBytes: 100 }

  it('puts what was predicted beside what was measured', async () => {
    const { code, out, err } = await runCommand(['bench', '--json', '--seconds', '1', '--pattern', 'sse'], {
      input: JSON.stringify(need),
    })
    expect(err).toBe('measuring sse\n')
    expect(code).toBe(0)
    const [{ pattern, figures }] = JSON.parse(out)
    expect(pattern).toBe('sse')
    const of = (name: string) => figures.find((figure: { name: string }) => figure.name === name)
    expect(of('connections')).toMatchObject({ predicted: 30, measured: 30 })
    // It is asked about what there was, and both are counts of the same thing.
    expect(Math.abs(of('messages').error ?? 0)).toBeLessThan(0.15)
    expect(of('cores').measured).toBeGreaterThan(0)
  })

  it.each([
    [['--pattern', 'sss'], '', 'There is no "sss"|there is no "sss"'],
    [['--seconds', '0'], '', 'at least 1'],
    [['--calibration', '/nowhere.json'], '', 'cannot be read'],
    [[], '{"readers":', 'no JSON'],
    [[], '{"reader":5}', 'need.reader: this is not known; did you mean readers'],
    [[], '{"readers":9000}', 'at most 8000'],
    [[], 'null', 'an object is needed'],
    [['--calibrate', '--out', '/nowhere/here.json'], '', '--out: /nowhere/here.json cannot be written'],
  ])('says what is wrong: %j %s', async (args, input, text) => {
    const { code, err } = await runCommand(['bench', ...args], { input })
    expect(code).toBeGreaterThan(0)
    expect(err).toMatch(new RegExp(text))
  })
})

describe('a calibration from a file', () => {
  const inFile = (text: string) => join(temporaryFiles({ 'here.json': text }), 'here.json')
  const need = ['--updates', '1', '--staleness', '5s', '--readers', '10000', '--json']

  it('changes what is advised and planned', async () => {
    const dear = { user: 10_000, kernel: 0 }
    const file = inFile(JSON.stringify({ work: { delivery: { sse: dear, websocket: dear } } }))
    const usual = await runCommand(['advise', ...need])
    const other = await runCommand(['advise', ...need, '--calibration', file])
    expect(JSON.parse(usual.out).pattern).toBe('sse')
    expect(JSON.parse(other.out).pattern).toBe('poll')
  })

  it.each([
    ['{"work":{"post":{"user":"5"}}}', 'calibration.work.post.user: a number'],
    ['{"works":{}}', 'calibration.works: this is not known; there are machine,'],
    ['[]', 'calibration: an object'],
    ['{', 'cannot be read'],
  ])('names what is wrong in it: %s', async (text, said) => {
    const { code, err } = await runCommand(['advise', '--calibration', inFile(text)])
    expect(code).toBe(2)
    expect(err).toContain(said)
  })
})
