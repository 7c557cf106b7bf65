import type { Posting, Reading } from './system.ts'

/** The same request with the number of its channel, four digits, filled in wherever it stands. */
export function inChannel<Request extends Posting | Reading>(request: Request, channel: string): Request {
  return JSON.parse(JSON.stringify(request).replaceAll('@CH@', channel)) as Request
}
