import { describe, expect, it } from 'vitest'
import { createTenureRig } from './rig.js'

const secret = 'top secret'
const transports = ['poll', 'long-poll', 'sse', 'ndjson', 'websocket'] as const

async function createRig() {
  const rig = createTenureRig({
    channels: {
      'open/*': { public: true },
      state: { keyed: true },
      computed: { source: { load: () => secret, everyMs: 1000 } },
    },
    authorize: (identity: { id: string } | null) => identity?.id === 'ann',
  })
  const { clock, gamut, known } = rig
  known.set('ann', { id: 'ann', token: 'ann-1' })
  known.set('ended', { id: 'ann', expiresAt: clock.now() })
  known.set('revoked', { id: 'ann', token: 'ann-2' })
  known.set('eve', { id: 'eve' })
  await gamut.publish('open/a', 'for all')
  const { cursor: first } = await gamut.publish('a', 'first')
  await gamut.publish('a', secret)
  await gamut.publish('state', secret, { key: 'k' })
  await rig.revoke({ token: 'ann-2' })
  const foreign = await rig.ticket('ann', 'other')
  return { ...rig, first, foreign }
}

type Rig = Awaited<ReturnType<typeof createRig>>
type Asking = { readonly token?: string; readonly headers?: Record<string, string> }
type Path = readonly [name: string, read: (rig: Rig, asking: Asking) => Promise<string>]

/** Everything that a reader is told by a request, and by what is published while it is held. */
async function told(rig: Rig, target: string, asking: Asking): Promise<string> {
  const opening = rig.open(target, asking)
  await rig.turns()
  const reading = await opening
  await rig.turns()
  for (const channel of ['a', 'state']) await rig.gamut.publish(channel, secret, { key: 'later' })
  await rig.turns()
  return reading.text
}

const paths: readonly Path[] = [
  ...transports.flatMap((transport): Path[] => [
    [
      `${transport} from the oldest`,
      (rig, asking) => told(rig, `/channels/a?as=${transport}&cursor=oldest`, asking),
    ],
    [`${transport} without a position`, (rig, asking) => told(rig, `/channels/a?as=${transport}`, asking)],
    [
      `${transport} from now`,
      (rig, asking) => told(rig, `/channels/a?as=${transport}&last=1&wait=60`, asking),
    ],
    [
      `${transport} at the cursor of another transport`,
      (rig, asking) => told(rig, `/channels/a?as=${transport}&cursor=${rig.first}`, asking),
    ],
    [
      `${transport} at a Last-Event-ID`,
      (rig, asking) =>
        told(rig, `/channels/a?as=${transport}`, { ...asking, headers: { 'last-event-id': rig.first } }),
    ],
    [
      `${transport} of a set with a public sibling`,
      (rig, asking) => told(rig, `/channels?as=${transport}&channel=open/a&channel=a`, asking),
    ],
    [`${transport} of a snapshot`, (rig, asking) => told(rig, `/channels/state?as=${transport}`, asking)],
    [
      `${transport} of a computed channel`,
      (rig, asking) => told(rig, `/channels/computed?as=${transport}`, asking),
    ],
  ]),
  [
    'a frame of a WebSocket',
    async (rig, asking) => {
      const socket = await rig.open('/connect', asking)
      for (const channel of ['a', 'state', 'open/a'])
        if (!socket.isOver) socket.send({ type: 'subscribe', ref: channel, channel, cursor: 'oldest' })
      await rig.turns()
      return socket.text
    },
  ],
]

const denied = ['eve', 'ended', 'revoked', undefined] as const

describe.each(paths)('%s', (_name, read) => {
  it('tells whoever may read, so that this test can fail', async () => {
    expect(await read(await createRig(), { token: 'ann' })).toContain(secret)
  })

  it.each(denied)('tells no byte to %s (§12, I21)', async (who) => {
    const text = await read(await createRig(), who === undefined ? {} : { token: who })
    expect(text).not.toContain(secret)
    expect(text).toMatch(/"code":"(?:unauthenticated|forbidden|revoked)"|"reason":"revoked"/)
  })
})

describe('a reader who is denied', () => {
  it.each(denied)(
    'learns nothing by info, nor by a ticket for something else: %s (§12, §15, I21)',
    async (who) => {
      const rig = await createRig()
      const asking = who === undefined ? {} : { token: who }
      for (const channel of ['a', 'state', 'computed']) {
        const info = await rig.ask(`/channels/${channel}?info`, asking)
        expect(info.status).toBeGreaterThanOrEqual(401)
        expect(info.body).not.toContain('head')
        for (const as of ['poll', 'sse'])
          expect((await rig.ask(`/channels/${channel}?as=${as}&ticket=${rig.foreign}`, asking)).status).toBe(
            401,
          )
      }
    },
  )

  it.each(['$revocations', '$tickets'])('is everybody for %s, on every way (§2, §12)', async (channel) => {
    const rig = createTenureRig({
      authorize: () => true,
      channels: { $revocations: { public: true }, '*': { public: true } },
    })
    rig.known.set('ann', { id: 'ann' })
    await rig.ticket('ann', 'a')
    await rig.revoke({ identity: 'bob' })
    for (const token of ['ann', undefined]) {
      const asking = token === undefined ? {} : { token }
      for (const as of transports) {
        for (const target of [
          `/channels/${channel}?as=${as}`,
          `/channels?channel=a&channel=${channel}&as=${as}`,
        ]) {
          const reading = await rig.open(target, asking)
          await rig.turns()
          expect(reading.text, target).toMatch(/"code":"(?:forbidden|unauthenticated)"/)
          expect(reading.text).not.toMatch(/ann|bob/)
        }
      }
      expect((await rig.ask(`/channels/${channel}?info`, asking)).status).toBeGreaterThanOrEqual(401)
      const socket = await rig.open('/connect', asking)
      socket.send({ type: 'subscribe', ref: 1, channel })
      socket.send({ type: 'publish', ref: 2, channel, key: 'k', data: {} })
      await rig.turns()
      for (const ref of [1, 2])
        expect(socket.text).toMatch(new RegExp(`"ref":${ref},"code":"(?:forbidden|unauthenticated)"`))
    }
  })
})
