import { partPath } from './parts.js'
import { type RunningProcess, startProcess } from './start-process.js'

/** An answer as curl got it. */
export interface CurlAnswer {
  readonly status: number
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>
  readonly body: string
}

/** Starts curl, silent and unbuffered, for an answer that goes on. */
export function startCurl(args: readonly string[]): RunningProcess {
  return startProcess({ command: partPath('curl'), args: ['-sN', ...args] })
}

/** Runs curl to its end and gives the answer; fails unless it took a whole one. */
export async function runCurl(args: readonly string[]): Promise<CurlAnswer> {
  const curl = startCurl(['-i', '-m', '15', ...args])
  const { code } = await curl.exited
  const [head = '', ...body] = curl.output().split('\r\n\r\n')
  const [line = '', ...fields] = head.split('\r\n')
  if (code !== 0) throw new Error(`curl ended with ${code}: ${curl.output()}`)
  const headers = fields.map((field): [string, string] => {
    const colon = field.indexOf(':')
    return [field.slice(0, colon).toLowerCase(), field.slice(colon + 1).trim()]
  })
  return { status: Number(line.split(' ')[1]), headers: new Map(headers), body: body.join('\r\n\r\n') }
}
