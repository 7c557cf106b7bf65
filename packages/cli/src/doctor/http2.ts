import { connect } from 'node:http2'
import type { Finding } from './finding.js'
import { lateMs, type Patient, spell } from './patient.js'

/** How long the first event of a stream takes over HTTP/2, in milliseconds; `undefined` where none comes. */
function firstEventMs({ path, waitMs }: Patient): Promise<number | undefined> {
  const { target } = path
  return new Promise((resolve) => {
    const start = performance.now()
    const session = connect(target.url.origin)
    let text = ''
    const settle = (ms: number | undefined) => {
      clearTimeout(limit)
      session.destroy()
      resolve(ms)
    }
    const limit = setTimeout(() => settle(undefined), waitMs)
    session.on('error', () => settle(undefined))
    const stream = session.request({
      ':path': `${target.basePath}${path.channelPath({ as: 'sse' })}`,
      ...path.headersOf('own'),
    })
    stream.setEncoding('utf8')
    stream.on('data', (piece: string) => {
      text += piece
      if (text.includes('event: $open')) settle(performance.now() - start)
    })
    stream.on('error', () => settle(undefined))
    stream.on('close', () => settle(undefined))
  })
}

/** Whether events come at once by HTTP/2 as well, which is how browsers read them where they may. */
export async function examineHttp2(patient: Patient): Promise<Finding> {
  const ms = await firstEventMs(patient)
  const about = { check: 'buffering', patterns: ['sse'], seen: { http2FirstEventMs: ms ?? null } } as const
  if (ms !== undefined && ms <= lateMs(patient))
    return { ...about, severity: 'ok', says: `SSE over HTTP/2: the first event came within ${spell(ms)}.` }
  const came =
    ms === undefined ? `no event came within ${spell(patient.waitMs)}` : `the first event took ${spell(ms)}`
  return {
    ...about,
    severity: ms === undefined ? 'fault' : 'warning',
    says: `SSE over HTTP/2: ${came}.`,
    means: 'Browsers read streams by HTTP/2 where they may: they see nothing, whatever HTTP/1.1 carries.',
    problem: 'buffering',
  }
}
