// @ts-check
import { setTimeout as delay } from 'node:timers/promises'
import { checkRun, lostOf } from './check.mjs'
import { Director } from './director.mjs'
import { askForLost, readLog } from './log.mjs'
import { Peer, startPeerNode } from './peer.mjs'
import { drawPlan, ways } from './plan.mjs'
import { Publisher } from './publisher.mjs'
import { Reader, rowsOf } from './reader.mjs'
import { reportRun } from './report.mjs'
import { openScreen } from './screen.mjs'
import { Stage } from './stage.mjs'
import { openBrowser } from './ways/browser.mjs'
import { openCurlNdjson, openCurlPolls, openCurlSse } from './ways/curl.mjs'

/**
 * @typedef {import('./view.mjs').Scene} Scene
 */

const channel = 'proof'
const publishEveryMs = 50
const restLimitMs = 45_000

const names = [
  'browser EventSource',
  'browser WebSocket',
  'curl SSE',
  'curl polls',
  'curl NDJSON',
  'all five in turn',
]

/**
 * Runs it all, shows it, and gives the exit code.
 * @param {{ seconds: number, seed: number, withPeer: boolean }} options
 */
export async function runProof({ seconds, seed, withPeer }) {
  const stage = new Stage()
  /** @type {Awaited<ReturnType<typeof openBrowser>> | undefined} */
  let browser
  const interrupted = interruption()
  try {
    return await Promise.race([
      interrupted,
      (async () => {
        await stage.open(withPeer ? startPeerNode : undefined)
        browser = await openBrowser(stage.front)
        return act({ seconds, seed, stage, browser })
      })(),
    ])
  } finally {
    await browser?.close().catch(() => {})
    await stage.close()
  }
}

/** @returns {Promise<never>} */
function interruption() {
  return new Promise((_, reject) => {
    for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']))
      process.once(signal, () => reject(new Error('Interrupted: all of it was ended, nothing is proven.')))
  })
}

/**
 * @param {{ seconds: number, seed: number, stage: Stage, browser: Awaited<ReturnType<typeof openBrowser>> }} options
 */
async function act({ seconds, seed, stage, browser }) {
  const url = `${stage.front}/channels/${channel}`
  const readers = await openReaders(url, browser)
  const publisher = new Publisher({ url, name: `${seed}`, everyMs: publishEveryMs })
  const peer = stage.peerFront ? new Peer() : undefined
  await peer?.open(stage.peerFront, publishEveryMs)
  const director = new Director({ plan: drawPlan({ seed, seconds }), stage, readers })
  const cast = { seed, seconds, stage, readers, publisher, peer, director }
  let phase = ''
  const begin = performance.now()
  const screen = openScreen(() => sceneOf(cast, phase, performance.now() - begin))
  publisher.start()
  peer?.start()
  await director.run(begin)
  await delay(Math.max(0, begin + seconds * 1000 - performance.now()))
  phase = 'coming to rest'
  await Promise.all([publisher.stop(), peer?.rest()])
  const log = await restOf(url, readers)
  await Promise.all(readers.map((reader) => reader.close()))
  const held = readers.map(({ name, recording: { entries, losses } }) => ({ name, entries, losses }))
  const run = { readers: held, acknowledged: publisher.acknowledged, log }
  const named = await askForLost(url, lostOf(run))
  const violations = [...checkRun({ ...run, named }), ...brokenBeside(stage, readers)]
  phase = 'checked'
  screen.close()
  peer?.close()
  return reportRun({ ...cast, run: { ...run, named }, violations })
}

/**
 * @param {string} url
 * @param {Awaited<ReturnType<typeof openBrowser>>} browser
 */
async function openReaders(url, browser) {
  const open = {
    EventSource: browser.openEventSource,
    WebSocket: browser.openWebSocket,
    'curl SSE': openCurlSse,
    'curl polls': openCurlPolls,
    'curl NDJSON': openCurlNdjson,
  }
  const readers = names.map(
    (name, index) => new Reader({ name, way: ways[index] ?? 'curl SSE', url, ways: open }),
  )
  await Promise.all(readers.map((reader) => reader.move(reader.way)))
  return readers
}

/**
 * What may not happen beside what is read: a node that dies by itself, a browser that is told to ask no more.
 * @param {Stage} stage
 * @param {readonly Reader[]} readers
 */
function brokenBeside({ nodes, crashed }, readers) {
  const own = crashed.filter(({ name }) => nodes.some((node) => node.name === name))
  const ended = readers.filter(({ recording }) => recording.gaveUp > 0)
  return [
    ...own.map(({ name, says }) => ({ who: name, rule: /** @type {const} */ ('crashed'), says })),
    ...ended.map(({ name, recording: { gaveUp } }) => ({
      who: name,
      rule: /** @type {const} */ ('gave up'),
      says: `an EventSource was told ${gaveUp} times to ask no more`,
    })),
  ]
}

/** The log, once it is what all readers hold, or once that was waited for in vain. */
async function restOf(/** @type {string} */ url, /** @type {readonly Reader[]} */ readers) {
  const limit = performance.now() + restLimitMs
  for (;;) {
    const log = await readLog(url)
    const head = log.at(-1)?.cursor
    const there = readers.every(({ recording }) => recording.entries.at(-1)?.cursor === head)
    if (there || performance.now() > limit) return log
    await delay(200)
  }
}

/**
 * @param {import('./report.mjs').Cast & { stage: Stage }} cast
 * @param {string} phase
 * @param {number} elapsedMs
 * @returns {Scene}
 */
function sceneOf({ seed, seconds, stage, readers, publisher, peer, director }, phase, elapsedMs) {
  return {
    seed,
    seconds,
    phase,
    elapsedMs,
    acknowledged: publisher.acknowledged.length,
    parts: [...stage.nodes, { name: 'redis', up: stage.redisUp }],
    readers: rowsOf(readers),
    peer: peer?.look(),
    faults: director.faults,
  }
}
