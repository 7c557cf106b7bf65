import { expect } from 'vitest'
import { close } from './client-bytes.js'
import { type Heard, handshakeBytes, RawPeer } from './raw-peer.js'
import type { Way } from './ways.js'

/** What a peer sends once hands are shaken, and what it must hear. */
export interface WireCase {
  /** A sentence, with the section of RFC 6455 where it is not the group's. */
  readonly title: string
  /** Frames, or parts of them. */
  readonly send: readonly Uint8Array[]
  /** Texts of the server in short (`Heard`). Where the protocol was broken the last ones may be missing. */
  readonly says?: readonly string[]
  readonly pongs?: readonly string[]
  /**
   * Its close frame: a code, and a reason if it has one. Default: the peer closes with 1000 once it has heard all, and is
   * answered so.
   */
  readonly close?: string
  /** The last frame of `send` is a close frame, or there are some among them. */
  readonly closes?: boolean
}

/** Where the suite's server is. */
export interface Place {
  readonly host: string
  readonly port: number
  readonly target: string
}

/** Sends a case in one way and holds what was heard against it. With `early` its first bytes come with the handshake. */
export async function checkExchange(test: WireCase, way: Way, place: Place, early = false): Promise<void> {
  const peer = new RawPeer(place.port, place.host)
  try {
    const hands = handshakeBytes(place.target, `${place.host}:${place.port}`)
    const bytes = Buffer.concat(test.send)
    if (test.closes) peer.hasClosed()
    if (early) {
      await peer.write([Buffer.concat([hands, bytes])])
    } else {
      await peer.write([hands])
      await peer.until(({ head }) => head.length > 0)
      await peer.write(way(bytes))
    }
    if (test.close === undefined) await sayGoodbye(peer, test)
    compare(await peer.end(), test)
  } finally {
    peer.destroy()
  }
}

async function sayGoodbye(peer: RawPeer, { says = [], pongs = [] }: WireCase): Promise<void> {
  await peer.until((heard) => heard.says.length >= says.length && heard.pongs.length >= pongs.length)
  peer.hasClosed()
  await peer.write([close(1000)])
}

/** Who fails a connection need not say what else there was to say (RFC 6455 §7.1.7). */
function compare(heard: Heard, { says = [], pongs = [], close: closed = '1000' }: WireCase): void {
  const isFailed = /^10(02|07|09)$/.test(closed)
  expect(heard).toMatchObject({
    says: isFailed ? says.slice(0, heard.says.length) : says,
    pongs: isFailed ? pongs.slice(0, heard.pongs.length) : pongs,
    close: closed,
  })
}
