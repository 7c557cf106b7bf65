import { createFaultProxy, type FaultProxy } from '@gamut/testing'
import { endWithTest } from './end-with-test.js'
import { type RunningServer, startServer } from './start-server.js'

/** A server that is reached through a proxy, which can cut its readers off. */
export interface ServerBehindProxy extends RunningServer {
  readonly proxy: FaultProxy
  /** The server's address by way of the proxy. */
  readonly url: string
  /** Cuts every connection, lets nobody in until `meanwhile` is done, and then everybody. */
  cutOff(meanwhile: () => Promise<unknown>): Promise<void>
}

/** Starts a server, and a proxy without faults in front of it. */
export async function startBehindProxy(
  options: Parameters<typeof startServer>[0] = {},
): Promise<ServerBehindProxy> {
  const server = await startServer(options)
  const proxy = await createFaultProxy({ target: { port: server.port } })
  endWithTest(() => proxy.close())
  const cutOff = async (meanwhile: () => Promise<unknown>) => {
    await proxy.refuse()
    proxy.reset()
    await meanwhile()
    await proxy.accept()
  }
  return { ...server, url: proxy.origin, proxy, cutOff }
}
