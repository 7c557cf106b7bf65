import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { roundTripMs } from '../round-trip.ts'
import { farWay } from './far.ts'
import { takeRequest } from './requests.ts'
import { takeSocket } from './sockets.ts'

/** What a feeder tells once it listens. */
export interface FeederPorts {
  readonly near: number
  /** The same behind a way of `roundTripMs`. */
  readonly far: number
}

const portOf = (server: { address(): AddressInfo | string | null }) => (server.address() as AddressInfo).port
const server = createServer({ noDelay: true }, takeRequest).on('upgrade', takeSocket)
server.listen(0, '127.0.0.1', 4096)
await once(server, 'listening')
const far = farWay(portOf(server), roundTripMs).listen(0, '127.0.0.1')
await once(far, 'listening')
process.send?.({ near: portOf(server), far: portOf(far) } satisfies FeederPorts)
process.on('disconnect', () => process.exit(0))
