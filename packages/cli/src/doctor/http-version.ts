import { isIP } from 'node:net'
import { connect } from 'node:tls'
import type { Finding } from './finding.js'
import { examineHttp2 } from './http2.js'
import type { Patient } from './patient.js'

/** The protocol that a TLS server takes of those that browsers offer. */
function negotiated({ path, waitMs }: Patient): Promise<string | undefined> {
  const { host, port } = path.target.raw
  return new Promise((resolve) => {
    const servername = isIP(host) === 0 ? { servername: host } : {}
    const socket = connect({ host, port, ...servername, ALPNProtocols: ['h2', 'http/1.1'] })
    const settle = (protocol: string | undefined) => {
      socket.destroy()
      resolve(protocol)
    }
    socket.setTimeout(waitMs, () => settle(undefined))
    socket.on('secureConnect', () => settle(socket.alpnProtocol || 'http/1.1'))
    socket.on('error', () => settle(undefined))
  })
}

const six =
  'A browser opens six connections to an origin over HTTP/1.1: with six tabs that each hold a stream nothing else loads.'

const check = 'http'
const patterns = ['long-poll', 'sse', 'ndjson'] as const
const tabs = 'Share one connection between tabs (docs/guide/tabs.md), or take WebSockets.'
/** Browsers come by what was negotiated, and by HTTP/3 only once it was named and their network lets UDP through. */
const untried = 'HTTP/3 is named by Alt-Svc, and was not tried'

/** What follows from the newest version that was negotiated, and from whether HTTP/3 is named. */
function findingOf(isHttp2: boolean, isHttp3: boolean): Finding {
  if (isHttp2)
    return {
      check,
      severity: 'ok',
      says: `Readers come by HTTP/2: six connections do not bind.${isHttp3 ? ` ${untried}.` : ''}`,
    }
  const says = isHttp3
    ? `Readers come by HTTP/1.1 at first: the server takes no HTTP/2 (ALPN). ${untried}: where it does not get through they stay.`
    : 'Readers come by HTTP/1.1: the server takes no HTTP/2 (ALPN) and names no HTTP/3 (Alt-Svc).'
  return { check, patterns, severity: isHttp3 ? 'note' : 'warning', says, means: six, problem: 'http2' }
}

/** Which versions of HTTP readers get, and so whether six connections bind. */
export async function examineHttp(patient: Patient): Promise<readonly Finding[]> {
  if (!patient.path.target.raw.secure)
    return [
      {
        check,
        patterns,
        severity: 'note',
        says: 'Readers come by HTTP/1.1: without TLS browsers know nothing newer.',
        means: six,
        todo: `Put TLS in front, which brings HTTP/2. ${tabs}`,
        seen: { versions: ['1.1'] },
      },
    ]
  const poll = await patient.path.ask(patient.path.channelPath({}, true))
  const alpn = await negotiated(patient)
  const altSvc = poll.headers.get('alt-svc')
  const isHttp2 = alpn === 'h2'
  const isHttp3 = /\bh3(?:-\d+)?=/.test(altSvc ?? '')
  const versions = ['1.1', ...(isHttp2 ? ['2'] : []), ...(isHttp3 ? ['3'] : [])]
  return [
    ...(isHttp2 ? [await examineHttp2(patient)] : []),
    { ...findingOf(isHttp2, isHttp3), seen: { versions, alpn, altSvc } },
  ]
}
