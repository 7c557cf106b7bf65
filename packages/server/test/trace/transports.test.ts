import { transports } from '@gamut/protocol'
import { takeMessages } from '@gamut/testing'
import { describe, expect, it } from 'vitest'
import { opened, startTraced } from './rig.js'

describe.each(transports)('explain, over %s (§14)', (transport) => {
  it('says that a message was delivered, when and in which batch', async () => {
    const { open, publish, ask } = await startTraced()
    const reader = await opened(open(transport, 'news', 'alice', { cursor: 'newest', firstWaitSeconds: 0 }))
    const [offset = 0] = await publish('news', 1)
    await takeMessages(reader, 1)
    const { verdict, readers, evidence, message } = await ask({
      channel: 'news',
      message: String(offset),
      reader: 'alice',
    })
    expect({ verdict, transport: readers[0]?.reader.transport }).toEqual({ verdict: 'delivered', transport })
    expect(message).toMatchObject({ offset })
    expect(evidence.map(({ says }) => says)).toContainEqual(expect.stringContaining('given in a batch of 1'))
  })

  it('says that a reader never asked for what came before it', async () => {
    const { open, publish, ask } = await startTraced()
    const [offset = 0] = await publish('news', 1)
    await opened(open(transport, 'news', 'alice', { cursor: 'newest', firstWaitSeconds: 0 }))
    expect(await ask({ channel: 'news', message: String(offset), reader: 'alice' })).toMatchObject({
      verdict: 'not_asked',
    })
  })

  it('says that a reader was refused, with the code', async () => {
    const { open, publish, ask } = await startTraced({ authorize: (identity) => identity?.id !== 'mallory' })
    const [offset = 0] = await publish('news', 1)
    const reader = open(transport, 'news', 'mallory')
    for await (const _event of reader) if (reader.cost.requests > 0) break
    expect(await ask({ channel: 'news', message: String(offset), reader: 'mallory' })).toMatchObject({
      verdict: 'refused',
      reason: 'forbidden',
      evidence: expect.arrayContaining([expect.objectContaining({ says: 'refused: forbidden' })]),
    })
  })

  it('says what retention took from a reader that was away', async () => {
    const { open, publish, ask, gamut } = await startTraced({
      channels: { news: { retention: { count: 2 } } },
    })
    const { cursor } = await gamut.publish('news', 0)
    const [lost = 0] = await publish('news', 4)
    await takeMessages(open(transport, 'news', 'alice', { cursor }), 2)
    expect(await ask({ channel: 'news', message: String(lost), reader: 'alice' })).toMatchObject({
      verdict: 'lost',
      reason: 'expired',
    })
  })
})
