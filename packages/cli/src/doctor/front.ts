import type { Answer } from './path.js'
import type { FrontName } from './settings.js'

/** What answers show of whoever passed them on. */
export interface Front {
  /** Servers whose settings are known here, the one that readers meet first. */
  readonly names: readonly FrontName[]
  /** `Server` and `Via` as they came. */
  readonly server?: string
  readonly via?: string
  /** Something stands in front, of whichever kind. */
  readonly isProxied: boolean
}

const signs: readonly (readonly [FrontName, RegExp])[] = [
  ['nginx', /nginx|openresty/i],
  ['caddy', /caddy/i],
  ['varnish', /varnish/i],
  ['haproxy', /haproxy/i],
]

/** Says who passed an answer on, as far as it shows. Gamut itself sends none of these fields, and HAProxy neither. */
export function frontOf({ headers }: Pick<Answer, 'headers'>): Front {
  const server = headers.get('server')
  const via = headers.get('via')
  // Who stands nearest to readers writes Server; Via has all, the nearest last.
  const shown = [server ?? '', ...(via ?? '').split(',').reverse(), headers.has('x-varnish') ? 'varnish' : '']
  const named = shown.map((text) => signs.find(([, sign]) => sign.test(text))?.[0])
  return {
    names: [...new Set(named.filter((name) => name !== undefined))],
    ...(server !== undefined && { server }),
    ...(via !== undefined && { via }),
    isProxied: server !== undefined || via !== undefined || headers.has('x-cache') || headers.has('age'),
  }
}

/** The same once it is known that the server was told of a proxy. Which it is nobody knows who is not told. */
export function withHidden(front: Front, isTold: boolean): Front {
  return isTold ? { ...front, isProxied: true } : front
}
