import type { Environment } from '@gamut/client'
import { createTestServer } from '@gamut/testing/app'
import { onTestFinished } from 'vitest'

/** What may go wrong with what a client says of itself. */
interface Trouble {
  /** The code of why it may not be there. */
  refuse?(): string | undefined
}

/** What a client has said, by which transport. */
type Note = (by: 'frame' | 'poll', device: string, state: string) => void

function fetchWith({ fetch }: Environment, { refuse }: Trouble, note: Note): Environment['fetch'] {
  return async (input, init) => {
    const { searchParams } = new URL(String(input))
    const device = searchParams.get('presence')
    const code = device && refuse?.()
    if (code) return Response.json({ error: { code, message: code } }, { status: 403 })
    const response = await fetch(input, init)
    if (device && response.ok) note('poll', device, searchParams.get('state') ?? 'true')
    return response
  }
}

function socketWith(create: typeof WebSocket, { refuse }: Trouble, note: Note): typeof WebSocket {
  return class extends create {
    override send(text: string): void {
      const { type, ref, device, state } = JSON.parse(text)
      const code = type === 'presence' && refuse?.()
      if (code) {
        const answer = { type: 'error', ref, code, message: code }
        queueMicrotask(() => this.onmessage?.({ data: JSON.stringify(answer) } as MessageEvent))
        return
      }
      if (type === 'presence') note('frame', device, JSON.stringify(state))
      super.send(text)
    }
  }
}

/** A server in memory, and pages of which it is noted what they say of who is there. */
export function startPresence(trouble: Trouble = {}, options: Parameters<typeof createTestServer>[0] = {}) {
  const server = createTestServer<object>(options)
  onTestFinished(() => server.close())
  /** What was said of who is there, in order: by which transport, and what. */
  const said: string[] = []

  /** One more page of somebody. */
  const page = (identity: string): Environment => {
    const note: Note = (by, device, state) => void said.push(`${by} ${identity}/${device} ${state}`)
    const inner = server.environment()
    const WebSocket = socketWith(inner.WebSocket as typeof globalThis.WebSocket, trouble, note)
    return Object.assign(Object.create(inner), { fetch: fetchWith(inner, trouble, note), WebSocket })
  }
  return { server, page, said }
}
