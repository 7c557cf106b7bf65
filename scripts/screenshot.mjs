// @ts-check
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import { findPart } from './parts.mjs'
import { root } from './step.mjs'
import { newFolder, startProgram, stopAll } from './system/processes.mjs'

/** What the README shows: the control room some seconds after its proxy was muted. Taken anew by `npm run screenshot`. */
const file = join(root, 'docs/images/control-room.webp')
/** Its charts show a minute. */
const minuteMs = 60_000
const mostBytes = 150_000
const size = { width: 1440, height: 900 }

const said = [
  ['Basil Otter', 'Looks good from here.'],
  ['Hazel Wren', 'Muting the proxy now, watch the timeline.'],
]

const executablePath = findPart('chromium')
if (!executablePath)
  throw new Error('Chromium is not installed, which takes the picture: apt install chromium')

const browser = await chromium.launch({ executablePath, args: ['--disable-gpu'], chromiumSandbox: false })
const folder = newFolder('screenshot')
const room = await startProgram({
  name: 'the control room',
  command: process.execPath,
  args: [
    join(root, 'examples/control-room/supervisor/main.mjs'),
    '--port',
    '0',
    '--data',
    join(folder, 'data'),
  ],
  ready: /Ctrl-C ends it/,
})
try {
  const [url = ''] = /http:\/\/localhost:\d+/.exec(room.output()) ?? []
  const png = await take(url)
  const webp = await compress(png)
  if (webp.length > mostBytes)
    throw new Error(`The picture has ${webp.length} bytes, ${mostBytes} are allowed.`)
  mkdirSync(join(root, 'docs/images'), { recursive: true })
  writeFileSync(file, webp)
  console.log(`${file}: ${webp.length} bytes`)
} finally {
  await browser.close()
  await stopAll([room])
}

/** Opens the page as somebody. */
async function open(/** @type {string} */ url, /** @type {string} */ name) {
  const context = await browser.newContext({ viewport: size, colorScheme: 'light', reducedMotion: 'reduce' })
  await context.addInitScript((person) => sessionStorage.setItem('person', person), name)
  const page = await context.newPage()
  await page.goto(url)
  return page
}

/** The room with two people in it, one fault, and what came of it. */
async function take(/** @type {string} */ url) {
  await open(url, 'Hazel Wren')
  const page = await open(url, 'Sage Heron')
  for (const [from, text] of said) {
    const body = JSON.stringify({ from, text })
    const headers = { 'content-type': 'application/json' }
    await fetch(`${url}/channels/chat/operations`, { method: 'POST', headers, body })
  }
  await page.waitForTimeout(minuteMs)
  await page.getByRole('button', { name: 'Break things' }).click()
  await page.getByRole('button', { name: /^Mute the proxy/ }).click()
  await page
    .getByText(/moved from SSE to WebSocket/)
    .last()
    .waitFor()
  await page.getByLabel('Message', { exact: true }).fill('Still live, and it says why.')
  await page.getByRole('button', { name: 'Send' }).click()
  await page.mouse.move(0, 0)
  await page.waitForTimeout(2000)
  return page.screenshot()
}

/** As a browser shows it, in a fifth of the bytes. */
async function compress(/** @type {Buffer} */ png) {
  const page = await browser.newPage()
  const webp = await page.evaluate(async (text) => {
    const image = new Image()
    image.src = `data:image/png;base64,${text}`
    await image.decode()
    const canvas = new OffscreenCanvas(image.width, image.height)
    canvas.getContext('2d')?.drawImage(image, 0, 0)
    const blob = await canvas.convertToBlob({ type: 'image/webp', quality: 0.9 })
    return [...new Uint8Array(await blob.arrayBuffer())]
  }, png.toString('base64'))
  return Buffer.from(webp)
}
