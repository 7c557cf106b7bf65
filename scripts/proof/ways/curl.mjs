// @ts-check
import { spawn } from 'node:child_process'
import { setTimeout as delay } from 'node:timers/promises'
import { findPart } from '../../parts.mjs'
import { lines, parseEvents, readAnswer, readEvent, readFrame } from '../wire.mjs'

/**
 * @typedef {import('../recording.mjs').Recording} Recording
 *
 * A way that reads into a recording, from where that is, until it is closed; nothing is told after that.
 * @typedef {{ close: () => Promise<void> }} Reading
 * @typedef {(url: string, recording: Recording) => Promise<Reading>} OpenWay
 */

const pollMs = 500
const firstRetryMs = 500

/** `curl -N` as an EventSource would: it comes back by Last-Event-ID, after the time that it was told. @type {OpenWay} */
export async function openCurlSse(url, recording) {
  return openLoop(async (signal) => {
    let retryMs = firstRetryMs
    const parse = parseEvents(
      (event) => {
        for (const told of readEvent(event)) recording.take(told)
      },
      (ms) => {
        retryMs = ms
      },
    )
    const { cursor } = recording
    const position = cursor === 'oldest' ? [] : ['-H', `Last-Event-ID: ${cursor}`]
    const query = cursor === 'oldest' ? '?cursor=oldest' : ''
    await curl(['-H', 'Accept: text/event-stream', ...position, `${url}${query}`], parse, signal)
    return retryMs
  })
}

/** `curl -N` of frames, one a line. @type {OpenWay} */
export async function openCurlNdjson(url, recording) {
  return openLoop(async (signal) => {
    let retryMs = firstRetryMs
    const parse = lines((line) => {
      const frame = parseJson(line)
      if (frame?.type === 'reconnect') retryMs = frame.afterMs
      for (const told of frame ? readFrame(frame) : []) recording.take(told)
    })
    await curl([`${url}?as=ndjson&cursor=${recording.cursor}`], parse, signal)
    return retryMs
  })
}

/** `curl` again and again. @type {OpenWay} */
export async function openCurlPolls(url, recording) {
  return openLoop(async (signal) => {
    let text = ''
    const take = (/** @type {string} */ part) => {
      text += part
    }
    const whole = await curl(['--fail', `${url}?as=poll&limit=1000&cursor=${recording.cursor}`], take, signal)
    const answer = whole && !signal.aborted ? parseJson(text) : undefined
    if (!answer) return firstRetryMs
    for (const told of readAnswer(answer)) recording.take(told)
    recording.cursor = answer.cursor
    return answer.more ? 0 : pollMs
  })
}

/**
 * Asks once more and more; `ask` gives the time to the next one.
 * @param {(signal: AbortSignal) => Promise<number>} ask
 * @returns {Reading}
 */
function openLoop(ask) {
  const closing = new AbortController()
  const { signal } = closing
  const done = (async () => {
    while (!signal.aborted) {
      const ms = await ask(signal)
      await delay(ms, undefined, { signal }).catch(() => {})
    }
  })()
  return {
    close: () => {
      closing.abort()
      return done
    },
  }
}

/**
 * Runs curl to its end, and says whether it ended well.
 * @param {readonly string[]} args
 * @param {(text: string) => void} onText
 * @param {AbortSignal} signal
 * @returns {Promise<boolean>}
 */
function curl(args, onText, signal) {
  return new Promise((resolve) => {
    // Less than a byte a second for 40 s is no stream that lives: there are heartbeats.
    const own = ['-sN', '--speed-limit', '1', '--speed-time', '40']
    const child = spawn(findPart('curl') ?? 'curl', [...own, ...args], {
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    const kill = () => child.kill('SIGKILL')
    signal.addEventListener('abort', kill)
    child.stdout.setEncoding('utf8').on('data', (text) => {
      if (!signal.aborted) onText(text)
    })
    child.on('error', () => resolve(false))
    child.on('close', (code) => {
      signal.removeEventListener('abort', kill)
      resolve(code === 0)
    })
  })
}

/** @returns {any} */
function parseJson(/** @type {string} */ text) {
  try {
    return JSON.parse(text)
  } catch {
    // A page of the proxy while nobody is behind it.
    return undefined
  }
}
