import type { RequestListener } from 'node:http'
import { errorBody } from '@gamut/protocol'
import sirv from 'sirv'

const notFound = `${JSON.stringify({
  error: errorBody('not_found', 'There is nothing here. Channels are under /channels/.'),
})}\n`

/** Files and folders that begin with a dot hold what is not for the web, but for this one. */
const hidden = /\/\.(?!well-known\/)/

/** Serves a directory's files as they are at the moment, so that an edited page needs no restart. */
export function serveFiles(directory: string): RequestListener {
  const files = sirv(directory, { dev: true, etag: true })
  return (request, response) => {
    const refuse = (status = 404) => {
      response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
      response.end(request.method === 'HEAD' ? undefined : notFound)
    }
    const isRead = request.method === 'GET' || request.method === 'HEAD'
    if (!isRead || hidden.test(decoded(request.url ?? '/'))) return refuse()
    // Ranges are optional, and one that ends before it begins would throw in the library.
    delete request.headers.range
    // A file that cannot be read shows only while it is sent.
    response.on('pipe', (file) => file.on('error', () => response.destroy()))
    files(request, response, () => refuse())
  }
}

function decoded(target: string): string {
  try {
    return decodeURI(target)
  } catch {
    return target
  }
}
