import { type ConnectOptions, connect, type Gamut } from '@gamut/client'
import type { TransportName } from '@gamut/protocol'
import {
  collect,
  createTestServer,
  type TestEnvironment,
  type TestServer,
  type TestServerOptions,
} from '@gamut/testing/app'
import { onTestFinished } from 'vitest'

/** All transports, the most able first. */
export const transportNames: readonly TransportName[] = ['websocket', 'sse', 'ndjson', 'long-poll', 'poll']

/** A test server that is closed with the test. */
export function startServer(options: TestServerOptions = {}): TestServer {
  const server = createTestServer({
    channels: { 'c/*': { need: { stalenessMs: 1000 } } },
    ...options,
  })
  onTestFinished(() => server.close())
  return server
}

/** A client in a page of its own, with what it reads. */
export function startClient(
  server: TestServer,
  options: ConnectOptions & { readonly page?: TestEnvironment } = {},
): { readonly client: Gamut; readonly page: TestEnvironment } {
  const { page = server.environment(), ...rest } = options
  const client = connect(server.url, { environment: page, ...rest })
  onTestFinished(() => client.close())
  return { client, page }
}

/** A client that reads one channel from its beginning over one transport. */
export async function startReader(
  server: TestServer,
  transport: TransportName,
  options: ConnectOptions = {},
) {
  const { client, page } = startClient(server, { transport, ...options })
  const seen = collect(client.channel('c/a', { cursor: 'oldest' }))
  await server.settle()
  return { client, page, seen }
}
