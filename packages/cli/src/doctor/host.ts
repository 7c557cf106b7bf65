import { parseJson } from '@gamut/protocol'
import { errorCode } from '../ask-server.js'
import type { Finding } from './finding.js'
import type { Patient } from './patient.js'

/** Whether the server learns by which host it was asked, and for whom. */
export async function examineHost({ path, front }: Patient, isPadded: boolean): Promise<readonly Finding[]> {
  const { origin } = path.target.url
  const answer = await path.ask(path.channelPath({}, true), { headers: { Origin: origin } })
  const check = 'host'
  const isRefused = errorCode(parseJson(answer.body)) === 'origin_refused'
  const host: Finding = isRefused
    ? {
        check,
        severity: 'warning',
        says: `A page of ${origin} itself is refused (origin_refused): the server does not see the host that was asked for.`,
        means: 'Pages of this address can open no WebSocket and publish nothing.',
        problem: 'host',
        seen: { origin, status: answer.status },
      }
    : {
        check,
        severity: 'ok',
        says: `A page of ${origin} is let in: the server sees the host that was asked for.`,
        seen: { origin },
      }
  if (!front.isProxied || isPadded) return [host]
  return [
    host,
    {
      check,
      severity: 'note',
      says: 'The proxy does not tell the server for whom it asks.',
      means:
        'Limits for each address count all readers as one, and the start of a stream is not padded for browsers and proxies that wait for 2 KiB.',
      problem: 'forwarded',
      seen: { padded: false },
    },
  ]
}
