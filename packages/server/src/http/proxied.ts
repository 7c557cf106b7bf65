import type { HttpRequest } from './request.js'

/** What proxies add to a request. */
const proxyHeaders = ['via', 'forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip']

/** Whether a proxy says that it stands between; one that says nothing is not seen. */
export function isProxied(request: HttpRequest): boolean {
  return proxyHeaders.some((name) => request.header(name) !== undefined)
}
