import { expect } from 'vitest'

/** Publishes on the channel `a` of a server of another process. */
export async function publish(port: number, data: unknown): Promise<void> {
  const headers = { 'content-type': 'application/json' }
  const body = JSON.stringify(data)
  const answer = await fetch(`http://127.0.0.1:${port}/channels/a`, { method: 'POST', headers, body })
  expect(answer.status).toBe(201)
}
