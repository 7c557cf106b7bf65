import { createClient } from '@redis/client'

/** Sends commands to a Redis, each with an answer as text. */
export async function command(url: string, ...args: string[]): Promise<string> {
  const client = createClient({ url, RESP: 2 })
  client.on('error', () => {})
  await client.connect()
  try {
    return String(await client.sendCommand(args))
  } finally {
    client.destroy()
  }
}
