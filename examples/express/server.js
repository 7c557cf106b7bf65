import { createServer } from 'node:http'
import { createGamut } from '@gamut/server'
import { attach } from '@gamut/server/node'
import express from 'express'

const gamut = createGamut({
  basePath: '/realtime',
  // Everybody may read; over the network only the chat may be written.
  authorize: (_identity, action, channel) => action === 'read' || channel.startsWith('chat/'),
})

const app = express()
app.get('/', (_request, response) => {
  response.send('The application itself.\n')
})
app.post('/orders', async (_request, response) => {
  const { offset } = await gamut.publish('orders', { state: 'placed' })
  response.status(201).json({ order: offset })
})

// Instead of `app.listen`: Gamut takes what is below /realtime, everything else is Express' as before.
const server = createServer(app)
const attached = attach(gamut, server)

server.listen(Number(process.env['PORT'] ?? 3000), '127.0.0.1', () => {
  console.log('listening on', server.address())
})

process.once('SIGTERM', async () => {
  server.close()
  await attached.close()
  await gamut.stop()
})
