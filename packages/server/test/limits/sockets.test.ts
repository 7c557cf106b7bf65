import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { collect, openPeer, socketsOf, start } from '../node/rig.js'

/** Limits that count this machine too. */
const counted = { unlimitedAddresses: [] }
const request = 'GET /channels/a?as=poll HTTP/1.1\r\nhost: x\r\n\r\n'

/** Whichever way: a socket that is cut while it sends is reset. */
function ended(socket: Socket): Promise<unknown> {
  socket.resume()
  if (socket.destroyed) return Promise.resolve()
  return new Promise((resolve) => socket.once('close', resolve))
}

async function open(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1' })
  socket.on('error', () => {})
  onTestFinished(() => {
    socket.destroy()
  })
  await once(socket, 'connect')
  return socket
}

async function answered(socket: Socket): Promise<string> {
  const text = collect(socket)
  socket.write(request)
  await expect.poll(text).toContain('\r\n\r\n')
  return text()
}

describe('sockets before any request (§10, I18)', () => {
  it('that are silent end the oldest of their address, and others are served', async () => {
    const { port, served } = await start({ ...counted, maxSilentPerAddress: 5 })
    const silent: Socket[] = []
    for (let n = 0; n < 20; n++) silent.push(await open(port))
    await Promise.all(silent.slice(0, 15).map(ended))
    expect(await answered(await open(port))).toMatch(/^HTTP\/1.1 200/)
    expect(await socketsOf(served)).toBeLessThanOrEqual(6)
    expect(silent.slice(16).every(({ destroyed }) => !destroyed)).toBe(true)
  })

  it('that are silent are bounded in all, where no address is counted too', async () => {
    const { port } = await start({ maxSilentSockets: 5 })
    const silent: Socket[] = []
    for (let n = 0; n < 20; n++) silent.push(await open(port))
    await Promise.all(silent.slice(0, 15).map(ended))
    expect(await answered(await open(port))).toMatch(/^HTTP\/1.1 200/)
  })

  it('are cut when their request head does not come in time', async () => {
    const { port } = await start({ headTimeoutMs: 200 })
    const silent = await open(port)
    const slow = openPeer(port)
    slow.on('error', () => {})
    const text = collect(slow)
    slow.write('GET /channels/a HTTP/1.1\r\nhost: x\r\nx-slow: ')
    const drip = setInterval(() => slow.write('y'), 50)
    onTestFinished(() => clearInterval(drip))
    await Promise.all([ended(silent), ended(slow)])
    expect(text()).toMatch(/^HTTP\/1.1 408/)
  })

  it('are cut when their body does not come in time', async () => {
    const { gamut, port } = await start({ requestTimeoutMs: 300 })
    const slow = await open(port)
    slow.write(
      'POST /channels/a HTTP/1.1\r\nhost: x\r\ncontent-type: text/plain\r\ncontent-length: 100\r\n\r\n',
    )
    const drip = setInterval(() => slow.write('y'), 50)
    onTestFinished(() => clearInterval(drip))
    await ended(slow)
    expect((await gamut.publish('a', 1)).offset).toBe(1)
  })
})

describe('sockets in all and of one address (§10)', () => {
  it('are closed past the bound, and taken again when there is room', async () => {
    const { port } = await start({ ...counted, maxSocketsPerAddress: 3 })
    const kept = [await open(port), await open(port), await open(port)]
    for (const socket of kept) await answered(socket)
    await ended(await open(port))
    kept[0]?.destroy()
    await expect
      .poll(async () => {
        const socket = await open(port)
        const text = collect(socket)
        socket.write(request)
        await Promise.race([once(socket, 'data'), ended(socket)])
        return text()
      })
      .toMatch(/^HTTP\/1.1 200/)
  })

  it('are closed past the bound in all, whoever they are', async () => {
    const { port } = await start({ maxSockets: 3 })
    const kept = [await open(port), await open(port), await open(port)]
    for (const socket of kept) await answered(socket)
    await ended(await open(port))
    expect(await answered(kept[2] as Socket)).toMatch(/^HTTP\/1.1 200/)
  })
})

describe('requests that wait on one socket (§10)', () => {
  it('are answered in order up to the bound', async () => {
    const { port } = await start({ maxPipelinedRequests: 4 })
    const socket = openPeer(port)
    const text = collect(socket)
    socket.write(request.repeat(5))
    await expect.poll(() => text().match(/HTTP\/1.1 200/g)?.length).toBe(5)
    socket.write(request.repeat(5))
    await expect.poll(() => text().match(/HTTP\/1.1 200/g)?.length).toBe(10)
  })

  it('cut the socket past it, and those that follow are not carried out', async () => {
    const { gamut, port } = await start({
      maxPipelinedRequests: 4,
      authorize: (_identity, action) => (action === 'read' ? new Promise<boolean>(() => {}) : true),
    })
    const socket = await open(port)
    const publish =
      'POST /channels/b HTTP/1.1\r\nhost: x\r\ncontent-type: text/plain\r\ncontent-length: 1\r\n\r\n1'
    socket.write(request + publish.repeat(500))
    await ended(socket)
    expect((await gamut.publish('b', 'last')).offset).toBeLessThanOrEqual(5)
  })
})
