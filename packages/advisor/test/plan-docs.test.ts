import { readFileSync } from 'node:fs'
import { plan } from '@gamut/advisor'
import { describe, expect, it } from 'vitest'

const read = (path: string) => readFileSync(new URL(`../../../docs/operate/${path}`, import.meta.url), 'utf8')

/** Lines that say something, without what differs from place to place: addresses, and how many there are. */
const linesOf = (text: string) =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && line !== '{' && !line.startsWith('#'))
    .filter((line) => !/^(listen|bind|server |maxconn|http:|reverse_proxy |admin|auto_https)/.test(line))

describe('what a plan says to set', () => {
  it.each([
    ['nginx', 'nginx.conf'],
    ['caddy', 'Caddyfile'],
    ['haproxy', 'haproxy.cfg'],
  ] as const)('has for %s all that the file of the docs has', (proxy, file) => {
    const { snippets } = plan({ users: 50_000, proxy })
    const lines = linesOf(snippets.find((snippet) => snippet.file.endsWith(file))?.text ?? '')
    const wanted = linesOf(read(`proxies/${file}`))
    const isThere = (line: string) => lines.some((own) => own === line || own.startsWith(`${line} `))
    expect(wanted.filter((line) => !isThere(line))).toEqual([])
    expect(wanted.length).toBeGreaterThan(15)
  })

  it('agrees with the settings of the docs for what they are of, 10,000 readers of a node', () => {
    const { settings, loadBalancer } = plan({ users: 10_000, redundancy: 0, node: { cores: 1 } })
    const text = read('settings.md')
    const value = (name: string) =>
      settings.find((setting) => setting.on === 'node' && setting.name === name)?.value
    expect(text).toContain(`| ${Number(value('nofile')).toLocaleString('en')} |`)
    expect(text).toContain(`| \`net.core.somaxconn\` | ${value('net.core.somaxconn')} |`)
    expect(text).toContain(`| \`net.ipv4.tcp_max_syn_backlog\` | ${value('net.ipv4.tcp_max_syn_backlog')} |`)
    expect(text).toContain(`| \`net.ipv4.tcp_wmem\` | \`${value('net.ipv4.tcp_wmem')}\` |`)
    expect(text).toContain(`TimeoutStopSec`)
    expect(read('README.md')).toContain(`TimeoutStopSec=${loadBalancer.stopTimeoutMs / 1000}\n`)
    expect(text).toContain(`the proxy's keep-alive time (${loadBalancer.keepAliveMs / 1000} s)`)
    expect(text).toContain(`${loadBalancer.readTimeoutMs / 1000} s in the files here`)
  })
})
