import { createClient } from '@redis/client'
import { until } from './until.js'

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

/** Resolves once a replica has all that its master has now. `WAIT` would ask for what its own connection has written. */
export async function replicated(master: string, replica: string): Promise<void> {
  const offsetOf = async (url: string, name: string) =>
    Number(new RegExp(`${name}:(\\d+)`).exec(await command(url, 'INFO', 'replication'))?.[1] ?? -1)
  const head = await offsetOf(master, 'master_repl_offset')
  await until(async () => (await offsetOf(replica, 'slave_repl_offset')) >= head)
}
