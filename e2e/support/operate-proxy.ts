import { readFile } from 'node:fs/promises'
import { startCaddy } from './caddy.js'
import { operateFile } from './dashboard.js'
import { startHaproxy } from './haproxy.js'
import { startNginx } from './nginx.js'

/** The proxies that docs/operate has a file for. */
export const operateProxies = ['nginx', 'caddy', 'haproxy'] as const

/** One of them. */
export type OperateProxy = (typeof operateProxies)[number]

const files: Readonly<Record<OperateProxy, string>> = {
  nginx: 'nginx.conf',
  caddy: 'Caddyfile',
  haproxy: 'haproxy.cfg',
}

/** What a test may have another way than the file: its long times, or how soon a server that is back is asked. */
export type Change = (config: string) => string

function place(config: string, servers: readonly number[], port: number): string {
  const [first = 0, ...others] = servers
  const more = others.map((other) => `\n  server 127.0.0.1:${other} max_fails=0;`).join('')
  return (
    config
      // Another node is another line, as the file says.
      .replace('server 127.0.0.1:8080 max_fails=0;', `$&${more}`)
      // The machine of a test need not have the descriptors for more, and a test need not wait for seconds.
      .replace('maxconn 12000', 'maxconn 1000')
      .replace('inter 1s', 'inter 100ms')
      .replaceAll('127.0.0.1:8080', `127.0.0.1:${first}`)
      .replaceAll('127.0.0.1:8000', `127.0.0.1:${port}`)
  )
}

/** Starts a proxy with the file of docs/operate/proxies in front of a server, nginx also of several; gives its address. */
export async function startOperateProxy(
  name: OperateProxy,
  server: number | readonly number[],
  change: Change = (config) => config,
): Promise<string> {
  const servers = typeof server === 'number' ? [server] : server
  const config = change(await readFile(operateFile(`proxies/${files[name]}`), 'utf8'))
  if (name === 'nginx') return (await startNginx((port) => place(config, servers, port))).url
  const start = name === 'caddy' ? startCaddy : startHaproxy
  return `http://127.0.0.1:${await start((port) => place(config, servers, port))}`
}
