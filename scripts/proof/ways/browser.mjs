// @ts-check
import { readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { chromium } from 'playwright-core'
import { findPart } from '../../parts.mjs'
import { readEvent, readFrame } from '../wire.mjs'

/**
 * @typedef {import('./curl.mjs').OpenWay} OpenWay
 * @typedef {import('./curl.mjs').Reading} Reading
 * @typedef {{ event?: string, id: string, data: string, frame?: any, gaveUp?: boolean }} Raw what the page saw, as it saw it
 */

const takeEveryMs = 100

/** Keeps the browser from calling home. */
const quiet = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/**
 * Starts a real browser with a page of the server's own, in which readers are opened.
 * @param {string} front
 */
export async function openBrowser(front) {
  const executablePath = findPart('chromium') ?? ''
  const options = { executablePath, headless: true, chromiumSandbox: false, args: quiet }
  const browser = await chromium.launch({ ...options, handleSIGINT: false, handleSIGTERM: false })
  const page = await browser.newPage()
  await page.goto(`${front}/healthz`)
  await page.addScriptTag({ content: await readFile(new URL('page.js', import.meta.url), 'utf8') })
  let next = 0
  const open = (/** @type {'openEventSource' | 'openWebSocket'} */ how) =>
    /** @type {OpenWay} */ (
      async (url, recording) => {
        next += 1
        const id = `${next}`
        const call = `proof.${how}(${JSON.stringify(id)}, ${JSON.stringify(url)}, ${JSON.stringify(recording.cursor)})`
        await page.evaluate(call)
        return takeFrom(page, id, recording)
      }
    )
  return {
    openEventSource: open('openEventSource'),
    openWebSocket: open('openWebSocket'),
    close: () => browser.close(),
  }
}

/**
 * @param {import('playwright-core').Page} page
 * @param {string} id
 * @param {import('../recording.mjs').Recording} recording
 * @returns {Reading}
 */
function takeFrom(page, id, recording) {
  let closed = false
  const ask = async (/** @type {'take' | 'close'} */ what) => {
    const raw = /** @type {Raw[]} */ (await page.evaluate(`proof.${what}(${JSON.stringify(id)})`))
    for (const { event, id, data, frame, gaveUp } of raw) {
      if (gaveUp) recording.gaveUp += 1
      for (const told of event ? readEvent({ event, id, data }) : readFrame(frame ?? {})) recording.take(told)
    }
  }
  const done = (async () => {
    while (!closed) {
      await ask('take')
      await delay(takeEveryMs)
    }
    await ask('close')
  })()
  return {
    close: () => {
      closed = true
      return done
    },
  }
}
