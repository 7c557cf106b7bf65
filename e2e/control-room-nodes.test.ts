import type { Browser, Locator } from 'playwright-core'
import { beforeAll, expect, test } from 'vitest'
import { startChromium } from './support/chromium.js'
import { buildControlRoom, openRoom, startControlRoom } from './support/control-room.js'
import type { RunningGamut } from './support/gamut.js'
import { startOperateProxy } from './support/operate-proxy.js'
import { describeWith } from './support/parts.js'
import { plainRead } from './support/plain-read.js'
import { startRedis } from './support/redis.js'
import { until } from './support/until.js'

/** As docs/guide/many-nodes.md says: who was there by a node that was killed reads from another one in so many milliseconds. */
const movedMs = 3000

const heard = (chat: Locator, text: string) => chat.locator('li').getByText(text)

async function say(chat: Locator, text: string): Promise<void> {
  await chat.getByLabel('Message', { exact: true }).fill(text)
  await chat.getByRole('button', { name: 'Send' }).click()
}

const linesOf = (chat: Locator) => chat.locator('li[data-offset] > p').allTextContents()

/** How many WebSockets a node holds: two of each page, and none of the node's own readers. */
async function socketsOf({ url }: RunningGamut): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text()
  const found = text.matchAll(/^gamut_connections\{transport="websocket".*\} (\d+)$/gm)
  return [...found].reduce((sum, [, count]) => sum + Number(count), 0)
}

describeWith(
  ['chromium', 'redis', 'nginx'],
  'the control room on two nodes behind a round-robin nginx',
  () => {
    let nodes: [RunningGamut, RunningGamut]
    let front: string
    let browser: Browser
    beforeAll(async () => {
      await buildControlRoom()
      const redis = await startRedis()
      const args = (name: string) => ['--broker', redis.url, '--node', name, '--heartbeat-ms', '1000']
      nodes = await Promise.all([startControlRoom(args('one')), startControlRoom(args('two'))])
      front = await startOperateProxy(
        'nginx',
        nodes.map(({ port }) => port),
      )
      browser = await startChromium()
    }, 40_000)

    test('tells both the same, and loses nothing and nobody when a node is killed', {
      timeout: 60_000,
    }, async () => {
      const pages = await Promise.all([openRoom(browser, front), openRoom(browser, front)])
      const [one, other] = pages
      const names = await Promise.all(
        pages.map(({ page }) => page.evaluate("sessionStorage.getItem('person')")),
      )
      const chats = pages.map(({ widget }) => widget('Team chat')) as [Locator, Locator]
      const boards = pages.map(({ widget }) => widget('Shared board')) as [Locator, Locator]
      const seeEachOther = () =>
        Promise.all([
          chats[0].getByText(`Here: ${names[1]}`).waitFor(),
          chats[1].getByText(`Here: ${names[0]}`).waitFor(),
        ])
      await until(async () => {
        const held = await Promise.all(nodes.map(socketsOf))
        if (Math.min(...held) > 0) return true
        // Whom the proxy has given all to one node comes once more.
        await other.page.reload()
        await other.page.getByRole('status').getByText('Everything is live').waitFor()
        return false
      })
      await seeEachOther()
      await say(chats[0], 'from the first')
      await heard(chats[1], 'from the first').waitFor()
      await say(chats[1], 'from the second')
      await heard(chats[0], 'from the second').waitFor()
      await boards[0].getByLabel('New note').fill('on both nodes')
      await boards[0].getByRole('button', { name: 'Add' }).click()
      await boards[1].getByRole('button', { name: 'on both nodes' }).press('ArrowRight')
      const place = (board: Locator) =>
        board.getByRole('button', { name: 'on both nodes' }).evaluate(({ style }: HTMLElement) => style.left)
      await until(async () => (await place(boards[0])) === (await place(boards[1])))
      await one.widget('Deploy').getByRole('button', { name: 'Deploy' }).click()
      await one.widget('Deploy').getByText('Building').waitFor()

      const isFirst = (await socketsOf(nodes[0])) >= 2
      const [killed, left] = isFirst ? nodes : [nodes[1], nodes[0]]
      await killed.stop('SIGKILL')
      await say(chats[0], 'while it is gone')
      await expect.poll(() => socketsOf(left), { timeout: movedMs }).toBe(4)
      for (const { page } of pages)
        await page.getByRole('status').getByText('Everything is live').waitFor({ timeout: movedMs })
      await heard(chats[1], 'while it is gone').waitFor({ timeout: movedMs })
      await say(chats[1], 'still there')
      await heard(chats[0], 'still there').waitFor()
      await seeEachOther()
      await one.widget('Deploy').getByText('Deployed').waitFor()

      const log = (await plainRead(left.url, 'chat/operations')).map(
        ([, data]) => (data as { text: string }).text,
      )
      expect(log).toEqual(['from the first', 'from the second', 'while it is gone', 'still there'])
      for (const chat of chats) expect(await linesOf(chat)).toEqual(log)
      const [[, { id }]] = (await plainRead(left.url, 'deploys')) as [[number, { id: string }]]
      const percents = (await plainRead(left.url, `deploy/${id}`)).map(([, data]) => Object(data).percent)
      expect(percents).toEqual(Array.from({ length: 25 }, (_, index) => 4 * (index + 1)))
      expect(other.errors.filter((text) => !/WebSocket|Failed to load|ERR_/.test(text))).toEqual([])
    })
  },
)
