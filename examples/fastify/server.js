// @ts-check
import { createGamut } from '@gamut/server'
import { attach } from '@gamut/server/node'
import Fastify from 'fastify'

const gamut = createGamut({
  basePath: '/realtime',
  // Everybody may read; over the network only the chat may be written.
  authorize: (_identity, action, channel) => action === 'read' || channel.startsWith('chat/'),
})

const app = Fastify()
app.get('/', () => 'The application itself.\n')
app.post('/orders', async (_request, reply) => {
  const { offset } = await gamut.publish('orders', { state: 'placed' })
  return reply.code(201).send({ order: offset })
})

// Gamut takes what is below /realtime, everything else is Fastify's as before.
const attached = attach(gamut, app.server)

await app.listen({ port: Number(process.env['PORT'] ?? 3000), host: '127.0.0.1' })
console.log('listening on', app.server.address())

process.once('SIGTERM', async () => {
  const closed = app.close()
  await attached.close()
  await gamut.stop()
  await closed
})
