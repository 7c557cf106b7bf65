import { BrokerUnavailable } from '@gamut/server'
import { createClient } from '@redis/client'
import { withDeadline } from './deadline.js'

/** How long a Sentinel may take to answer, in milliseconds. */
const patienceMs = 1_000

/** Asks one Sentinel; nothing where it knows no master of this name. */
async function ask(url: string, name: string): Promise<string | undefined> {
  const address = new URL(url)
  address.port ||= '26379'
  const client = createClient({
    url: address.href,
    RESP: 2,
    disableOfflineQueue: true,
    socket: { connectTimeout: patienceMs, reconnectStrategy: false },
  })
  client.on('error', () => {})
  try {
    await withDeadline(client.connect(), patienceMs)
    const command = ['SENTINEL', 'GET-MASTER-ADDR-BY-NAME', name]
    const [host, port] = (await withDeadline(client.sendCommand<string[] | null>(command), patienceMs)) ?? []
    if (host === undefined || port === undefined) return undefined
    return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
  } finally {
    if (client.isOpen) client.destroy()
  }
}

/** Where the master is: as most of those say that answer, since one that was cut off knows only an old one. */
export async function findMaster(sentinels: readonly string[], name: string): Promise<string> {
  const answers = await Promise.allSettled(sentinels.map((url) => ask(url, name)))
  const votes = new Map<string, number>()
  for (const answer of answers)
    if (answer.status === 'fulfilled' && answer.value !== undefined)
      votes.set(answer.value, (votes.get(answer.value) ?? 0) + 1)
  const [most] = [...votes].sort(([, one], [, other]) => other - one)
  if (most) return most[0]
  const failed = answers.find((answer) => answer.status === 'rejected')
  if (failed) throw new Error(`no Sentinel says where the master is: ${failed.reason}`)
  throw new BrokerUnavailable(`The Sentinels watch no Redis by the name ${name}.`)
}
