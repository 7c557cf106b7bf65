import type { Answer } from './path.js'
import type { FrontName } from './settings.js'

/** What an answer shows of whoever passed it on. */
export interface Front {
  /** A server whose settings are known here. */
  readonly name?: FrontName
  /** `Server` and `Via` as they came. */
  readonly server?: string
  readonly via?: string
  /** Something stands in front, of whichever kind. */
  readonly isProxied: boolean
}

const signs: readonly (readonly [FrontName, RegExp])[] = [
  ['varnish', /varnish/i],
  ['caddy', /caddy/i],
  ['nginx', /nginx|openresty/i],
  ['haproxy', /haproxy/i],
]

/** Says who passed an answer on, as far as it shows. Gamut itself sends none of these fields, and HAProxy neither. */
export function frontOf({ headers }: Pick<Answer, 'headers'>): Front {
  const server = headers.get('server')
  const via = headers.get('via')
  const all = [server, via, headers.has('x-varnish') ? 'varnish' : ''].join(' ')
  const name = signs.find(([, sign]) => sign.test(all))?.[0]
  return {
    ...(name && { name }),
    ...(server !== undefined && { server }),
    ...(via !== undefined && { via }),
    isProxied: server !== undefined || via !== undefined || headers.has('x-cache') || headers.has('age'),
  }
}
