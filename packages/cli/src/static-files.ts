import type { RequestListener } from 'node:http'
import { errorBody } from '@gamut/protocol'
import sirv from 'sirv'

const notFound = `${JSON.stringify({
  error: errorBody('not_found', 'There is nothing here. Channels are under /channels/.'),
})}\n`

/** Files and folders that begin with a dot hold what is not for the web, but for this one. */
const hidden = /\/\.(?!well-known\/)/

/** Says that there is nothing. */
export const refuse: RequestListener = (request, response) => {
  response.writeHead(404, { 'content-type': 'application/json', 'cache-control': 'no-store' })
  response.end(request.method === 'HEAD' ? undefined : notFound)
}

/**
 * Serves a directory's files as they are at the moment, so that an edited page needs no restart; what is none of them is
 * another's. Who takes it gets the compressed one that lies beside a file, by its name and `.br` or `.gz`.
 */
export function serveFiles(directory: string, otherwise: RequestListener): RequestListener {
  const files = sirv(directory, { dev: true, etag: true, brotli: true, gzip: true })
  return (request, response) => {
    const isRead = request.method === 'GET' || request.method === 'HEAD'
    if (!isRead || hidden.test(decoded(request.url ?? '/'))) return refuse(request, response)
    // Ranges are optional, and one that ends before it begins would throw in the library.
    delete request.headers.range
    // A file that cannot be read shows only while it is sent.
    response.on('pipe', (file) => file.on('error', () => response.destroy()))
    files(request, response, () => otherwise(request, response))
  }
}

function decoded(target: string): string {
  try {
    return decodeURI(target)
  } catch {
    return target
  }
}
