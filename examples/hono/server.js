// @ts-check
import { createGamut } from '@gamut/server'
import { attach } from '@gamut/server/node'
import { createAdaptorServer } from '@hono/node-server'
import { Hono } from 'hono'

const gamut = createGamut({
  basePath: '/realtime',
  // Everybody may read; over the network only the chat may be written.
  authorize: (_identity, action, channel) => action === 'read' || channel.startsWith('chat/'),
})

const app = new Hono()
app.get('/', (context) => context.text('The application itself.\n'))
app.post('/orders', async (context) => {
  const { offset } = await gamut.publish('orders', { state: 'placed' })
  return context.json({ order: offset }, 201)
})

// Gamut takes what is below /realtime, everything else is Hono's as before.
const server = /** @type {import('node:http').Server} */ (createAdaptorServer({ fetch: app.fetch }))
const attached = attach(gamut, server)

server.listen(Number(process.env['PORT'] ?? 3000), '127.0.0.1', () => {
  console.log('listening on', server.address())
})

process.once('SIGTERM', async () => {
  server.close()
  await attached.close()
  await gamut.stop()
})
