import { createRedisBroker } from '@gamut/broker-redis'
import { createGamut } from '@gamut/server'
import { expect, it, onTestFinished } from 'vitest'
import { describeWith } from '../../../e2e/support/parts.js'
import { startRedis } from '../../../e2e/support/redis.js'
import { command } from '../../../e2e/support/redis-command.js'

/** How many scripts Redis has run. */
async function runsOf(url: string): Promise<number> {
  const stats = await command(url, 'INFO', 'commandstats')
  return [...stats.matchAll(/cmdstat_evalsha(?:_ro)?:calls=(\d+)/g)].reduce(
    (sum, [, calls]) => sum + Number(calls),
    0,
  )
}

describeWith('redis', 'polls of one channel', () => {
  it('share one look at its head if they come at once, and each sees what was published before', async () => {
    const { url } = await startRedis()
    const gamut = createGamut({ broker: createRedisBroker({ url }), authorize: () => true })
    onTestFinished(() => gamut.drain().then(() => {}))
    await gamut.publish('a', 0)
    const poll = (known = '') =>
      gamut.fetch(new Request('http://localhost/channels/a?as=poll', { headers: { 'if-none-match': known } }))
    const first = await poll()
    const tag = first.headers.get('etag') ?? ''
    const polls = () => Promise.all(Array.from({ length: 100 }, () => poll(tag)))
    const before = await runsOf(url)
    const unchanged = await polls()
    expect(unchanged.map(({ status }) => status)).toEqual(Array(100).fill(304))
    // One look; a probe of the path may be among them.
    expect((await runsOf(url)) - before).toBeLessThanOrEqual(3)
    const asked = polls()
    await gamut.publish('a', 1)
    expect((await polls()).map(({ status }) => status)).toEqual(Array(100).fill(200))
    await asked
  })
})
