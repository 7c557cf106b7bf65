import { parseJson } from '@gamut/protocol'
import { askServer, errorCode } from '../ask-server.js'
import { Failure } from '../failure.js'
import type { Finding } from './finding.js'

/** Where operators ask, and by which key. */
export interface Operations {
  /** Without a slash at the end. */
  readonly url: string
  readonly key: string | undefined
}

const check = 'limits'
/** What a process needs besides its readers: files, the broker, requests under way. */
const spare = 100
const goodBacklog = 1024
const goodSendBuffer = 1024 * 1024

/** The plain numbers of a scrape, by name. */
function readSamples(text: string): ReadonlyMap<string, number> {
  const lines = text.split('\n').map((line) => /^(\w+) ([-+\d.e]+)$/i.exec(line))
  return new Map(lines.filter((line) => line !== null).map(([, name = '', value]) => [name, Number(value)]))
}

function judgeDescriptors(samples: ReadonlyMap<string, number>): Finding | undefined {
  const max = samples.get('process_max_fds')
  if (max === undefined) return undefined
  const open = samples.get('process_open_fds') ?? 0
  const readers = samples.get('gamut_connections_max') ?? 0
  const says = `The server has ${open} of ${max} file descriptors open, and takes ${readers} held connections.`
  const seen = { openFds: open, maxFds: max, maxConnections: readers }
  const todo = 'Set LimitNOFILE=65536 (ulimit -n) for the server, and twice its readers for the proxy.'
  if (open > max * 0.8)
    return {
      check,
      severity: 'fault',
      says,
      means: 'At the limit the kernel accepts nobody, and says so to nobody.',
      todo,
      seen,
    }
  if (max < readers + spare)
    return {
      check,
      severity: 'warning',
      says,
      means: `It runs out of descriptors at some ${Math.max(0, max - spare)} readers, before its own limit.`,
      todo,
      seen,
    }
  return { check, severity: 'ok', says, seen }
}

function judgeKernel(samples: ReadonlyMap<string, number>): readonly Finding[] {
  const backlog = samples.get('system_somaxconn')
  const buffer = samples.get('system_tcp_wmem_max_bytes')
  return [
    ...(backlog === undefined
      ? []
      : [
          backlog < goodBacklog
            ? ({
                check,
                severity: 'warning',
                says: `net.core.somaxconn is ${backlog}: so many handshakes may wait to be accepted.`,
                means:
                  'Of readers that come back at once after a crash the rest is dropped, and asks again after 1, 3, 7 and 15 s.',
                todo: 'sysctl -w net.core.somaxconn=4096, and restart the server.',
                seen: { somaxconn: backlog },
              } as const)
            : ({
                check,
                severity: 'ok',
                says: `net.core.somaxconn is ${backlog}.`,
                seen: { somaxconn: backlog },
              } as const),
        ]),
    ...(buffer === undefined || buffer <= goodSendBuffer
      ? []
      : [
          {
            check,
            severity: 'note',
            patterns: ['sse', 'ndjson'],
            says: `net.ipv4.tcp_wmem lets the kernel hold ${Math.round(buffer / 1024)} KiB for one reader.`,
            means:
              'A reader of SSE or NDJSON that reads nothing can be so far behind without being seen, and takes that memory.',
            todo: "sysctl -w net.ipv4.tcp_wmem='4096 16384 524288'",
            seen: { tcpWmemMaxBytes: buffer },
          } as const,
        ]),
  ]
}

/** What the server itself tells operators of its descriptors and its kernel. */
export async function examineLimits({ url, key }: Operations, isAsked: boolean): Promise<readonly Finding[]> {
  const headers: Record<string, string> = key === undefined ? {} : { authorization: `Bearer ${key}` }
  const response = await askServer(
    `${url}/metrics`,
    { headers, redirect: 'manual' },
    'nothing has changed. Ask again.',
  )
  const text = await response.text()
  if (response.status === 200 && text.includes('gamut_')) {
    const samples = readSamples(text)
    const found = [judgeDescriptors(samples), ...judgeKernel(samples)].filter((one) => one !== undefined)
    if (found.length > 0) return found
    return [
      {
        check,
        severity: 'note',
        says: 'The server’s metrics say nothing of descriptors: they are those of an application, or not of Linux.',
      },
    ]
  }
  const code = errorCode(parseJson(text))
  if (isAsked) {
    throw new Failure(
      `${url}/metrics gave HTTP ${response.status}${code ? ` (${code})` : ''}. Is the key right, and is that where operators ask? A proxy should answer 404 there: give the server's own address by --operations-url.`,
    )
  }
  return [
    {
      check,
      severity: 'note',
      says: 'Descriptors and kernel limits are not shown to everybody. Ask as an operator: --operations-url and GAMUT_OPERATIONS_KEY.',
      seen: { status: response.status },
    },
  ]
}
