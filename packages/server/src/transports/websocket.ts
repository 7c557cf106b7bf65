import { closeCodes, type ErrorCode, errorBody, errorKinds, formatFrame } from '@gamut/protocol'
import type { Core } from '../core/core.js'
import type { GamutError } from '../error.js'
import { FrameReader } from './frame-reader.js'
import type { Reply, Transport, UpgradeReply } from './transport.js'

/** A code without a close code of its own says by another one whether to come back (PROTOCOL §7). */
function closeCodeOf(code: ErrorCode): number {
  const { closeCode, retry } = errorKinds[code]
  return closeCode ?? (retry ? closeCodes.overloaded : closeCodes.malformed)
}

/** Shakes hands, says why not, and closes: a browser cannot read a refused handshake (PROTOCOL §7). */
function refuse(error: GamutError, core: Core): Reply | undefined {
  // At the bound on connections even a handshake is too much.
  if (error.code === 'overloaded') return undefined
  const code: ErrorCode = error.code
  return {
    kind: 'upgrade',
    start: (wire) => {
      const body = errorBody(code, error.message, error.retryAfterMs)
      wire.write([new TextEncoder().encode(formatFrame({ type: 'error', ...body }))])
      wire.end(closeCodeOf(code), code)
      core.tally.of('websocket').writes++
      return {
        drained: () => {},
        closed: () => {},
        isFull: false,
        ask: () => {},
        answered: () => {},
        receive: () => {},
        refuse: () => {},
      }
    },
  }
}

/** Frames both ways over one socket (PROTOCOL §7). */
export const websocket: Transport = {
  name: 'websocket',
  refuse,
  async open(read, core): Promise<UpgradeReply> {
    return { kind: 'upgrade', start: (wire) => new FrameReader(core, read, wire) }
  },
}
