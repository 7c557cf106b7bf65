import type { Environment } from '@gamut/client'
import { createTestServer } from '@gamut/testing/app'
import { onTestFinished } from 'vitest'

/** Three heartbeats, the longer of what a lease is three of (PROTOCOL §11). */
const leaseMs = 45_000

/** What a server without presence lacks. */
interface Presence {
  /** A client has said by a frame or a poll how it is there. */
  note(by: 'frame' | 'poll', channel: string, device: string, state: unknown): Promise<void>
  /** The code of why it may not. */
  refuse?(): string | undefined
}

function fetchWith({ fetch }: Environment, { note, refuse }: Presence): Environment['fetch'] {
  return async (input, init) => {
    const url = new URL(String(input))
    const device = url.searchParams.get('presence')
    const code = device && refuse?.()
    if (code) return Response.json({ error: { code, message: code } }, { status: 403 })
    const response = await fetch(input, init)
    const channel = decodeURIComponent(url.pathname.slice('/channels/'.length))
    const state = JSON.parse(url.searchParams.get('state') ?? 'true')
    if (device) await note('poll', channel, device, state)
    return response
  }
}

function socketWith(create: typeof WebSocket, { note, refuse }: Presence): typeof WebSocket {
  return class extends create {
    override send(text: string): void {
      const { type, ref, channel, device, state } = JSON.parse(text)
      if (type !== 'presence') {
        super.send(text)
        return
      }
      const code = refuse?.()
      if (!code) void note('frame', channel, device, state)
      const answer = code ? { type: 'error', ref, code, message: code } : { type: 'ok', ref }
      queueMicrotask(() => this.onmessage?.({ data: JSON.stringify(answer) } as MessageEvent))
    }
  }
}

/** Presence as PROTOCOL §11 has it, in front of a server in memory that does not serve it yet. */
export function startPresence({ refuse }: Pick<Presence, 'refuse'> = {}) {
  const server = createTestServer<object>({ channels: { '$presence/*': { keyed: true } } })
  onTestFinished(() => server.close())
  const leases = new Map<string, { readonly channel: string; readonly key: string; until: number }>()
  /** What was said of who is there, in order: by which transport, and what. */
  const said: string[] = []

  /** One more page of somebody. */
  const page = (identity: string): Environment => {
    const note: Presence['note'] = async (by, channel, device, state) => {
      const [name, key] = [`$presence/${channel}`, `${identity}/${device}`]
      said.push(`${by} ${key} ${JSON.stringify(state)}`)
      leases.delete(`${name} ${key}`)
      if (state !== null) leases.set(`${name} ${key}`, { channel: name, key, until: server.now() + leaseMs })
      await (state === null ? server.gamut.deleteKey(name, key) : server.publish(name, state, { key }))
    }
    const inner = server.environment()
    const more = { note, ...(refuse && { refuse }) }
    const WebSocket = socketWith(inner.WebSocket as typeof globalThis.WebSocket, more)
    return Object.assign(Object.create(inner), { fetch: fetchWith(inner, more), WebSocket })
  }

  /** What the server does when leases have passed. */
  const expire = async () => {
    for (const [name, { channel, key, until }] of leases) {
      if (until > server.now()) continue
      leases.delete(name)
      await server.gamut.deleteKey(channel, key)
    }
  }
  return { server, page, said, expire }
}
