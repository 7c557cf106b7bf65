import type { RequestListener } from 'node:http'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import sirv, { type Options } from 'sirv'
import { refuse } from './static-files.js'

/** Where the page is, for people. */
export const advisorPath = '/advisor'

/** The page loads what comes with it, and calls nobody. */
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

const headers = { 'content-security-policy': policy, 'x-content-type-options': 'nosniff' }
const setHeaders: NonNullable<Options['setHeaders']> = (response) => {
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
  response.setHeader('cache-control', 'no-cache')
}

/**
 * Serves the advisor's page: its own files, and the advisor as it is installed, which a browser loads without a build. What is
 * elsewhere is nothing.
 */
export function serveAdvisor(): RequestListener {
  const options = { etag: true, setHeaders }
  const page = sirv(fileURLToPath(new URL('../advisor-page', import.meta.url)), options)
  const model = sirv(dirname(fileURLToPath(import.meta.resolve('@gamut/advisor'))), options)
  return (request, response) => {
    const inside = /^\/advisor(?:\/(model(?=\/))?([^?]*))?(\?.*)?$/.exec(request.url ?? '')
    const isRead = request.method === 'GET' || request.method === 'HEAD'
    if (!inside || !isRead) return refuse(request, response)
    const [, isModel, path, search = ''] = inside
    if (path === '') {
      // Its files are relative to where it is.
      response.writeHead(301, { location: `../advisor${search}` }).end()
      return
    }
    delete request.headers.range
    request.url = path === undefined ? '/' : isModel ? path : `/${path}`
    const files = isModel ? model : page
    files(request, response, () => refuse(request, response))
  }
}
