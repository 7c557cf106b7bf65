import type { BrokerKind, ProxyKind } from './plan-input.js'
import type { LoadBalancer, PlannedSetting } from './plan-settings.js'

/** A file to begin with, as the plan would have it. */
export interface Snippet {
  readonly on: PlannedSetting['on']
  /** Where it usually is. */
  readonly file: string
  readonly text: string
}

/** What the files are written from. */
export interface SnippetParts {
  readonly settings: readonly PlannedSetting[]
  readonly balancer: LoadBalancer
  readonly nodes: number
  readonly proxy: ProxyKind
  readonly broker: BrokerKind
  readonly shards: number
}

const settingOf = ({ settings }: SnippetParts, on: PlannedSetting['on'], name: string) =>
  settings.find((setting) => setting.on === on && setting.name === name)?.value

function sysctl({ settings }: SnippetParts, on: PlannedSetting['on']): Snippet {
  const lines = settings
    .filter((setting) => setting.on === on && setting.kind === 'sysctl')
    .map(({ name, value }) => `${name} = ${value}`)
  return { on, file: '/etc/sysctl.d/90-gamut.conf', text: lines.join('\n') }
}

/** Each node; of very many the first ones. */
const addresses = (count: number) =>
  Array.from({ length: Math.min(100, count) }, (_, at) => `10.0.1.${at + 1}:8080`)

const redisAddress = (shards: number) =>
  Array.from({ length: Math.min(3, shards) }, (_, at) => `redis://10.0.2.${at + 1}:6379`).join(',')

const brokerOption: Readonly<Record<BrokerKind, (shards: number) => string>> = {
  memory: () => 'memory:',
  sqlite: () => 'sqlite:/var/lib/gamut',
  redis: redisAddress,
}

function systemdUnit(parts: SnippetParts): Snippet {
  const { broker, shards, balancer, proxy } = parts
  const of = (name: string) => settingOf(parts, 'node', name)
  const options = [
    '--config /etc/gamut/gamut.config.mjs',
    `--broker ${brokerOption[broker](shards)}`,
    ...['--workers', '--max-connections', '--max-sockets'].map((name) => `${name} ${of(name)}`),
    ...(proxy === 'none' ? [] : ['--trusted-proxies 10.0.0.0/8']),
  ]
  const text = [
    '[Service]',
    `LimitNOFILE=${of('nofile')}`,
    `TimeoutStopSec=${balancer.stopTimeoutMs / 1000}`,
    `Environment=NODE_OPTIONS=${of('NODE_OPTIONS')}`,
    'ExecStart=',
    `ExecStart=/usr/bin/env gamut serve ${options.join(' ')}`,
  ]
  return { on: 'node', file: '/etc/systemd/system/gamut.service.d/plan.conf', text: text.join('\n') }
}

const operators = '^/(metrics|connections|nodes|revocations|explain|trace|advice)(/|$)'
const seconds = (ms: number) => `${Math.ceil(ms / 1000)}s`

function nginx(parts: SnippetParts): string {
  const { balancer, nodes } = parts
  const of = (name: string) => settingOf(parts, 'proxy', name)
  return [
    `worker_processes ${of('worker_processes')};`,
    `worker_rlimit_nofile ${of('worker_rlimit_nofile')};`,
    `events { worker_connections ${of('worker_connections')}; }`,
    'http {',
    `  map $http_upgrade $connection_upgrade { default upgrade; '' ''; }`,
    '  upstream gamut {',
    ...(balancer.method === 'least-connections' ? ['    least_conn;'] : []),
    ...addresses(nodes).map((address) => `    server ${address} max_fails=${balancer.maxFails};`),
    '    keepalive 64;',
    `    keepalive_timeout ${seconds(balancer.keepAliveMs)};`,
    '  }',
    '  server {',
    `    listen 8000 backlog=${of('net.core.somaxconn')};`,
    `    location ~ ${operators} { return 404; }`,
    '    location / {',
    '      proxy_pass http://gamut;',
    '      proxy_http_version 1.1;',
    '      proxy_set_header Upgrade $http_upgrade;',
    '      proxy_set_header Connection $connection_upgrade;',
    '      proxy_set_header Host $http_host;',
    '      proxy_set_header X-Forwarded-For $remote_addr;',
    '      proxy_buffering off;',
    `      proxy_connect_timeout ${seconds(balancer.connectTimeoutMs)};`,
    `      proxy_read_timeout ${seconds(balancer.readTimeoutMs)};`,
    `      send_timeout ${seconds(balancer.readTimeoutMs)};`,
    '      proxy_next_upstream error timeout;',
    '      error_page 502 504 = @away;',
    '    }',
    '    location @away {',
    '      default_type text/event-stream;',
    '      add_header Cache-Control no-store;',
    `      if ($http_accept = 'text/event-stream') { return 200 "retry: 3000\\n\\n"; }`,
    '      return 503;',
    '    }',
    '  }',
    '}',
  ].join('\n')
}

function caddy({ balancer, nodes }: SnippetParts): string {
  return [
    'example.com {',
    `	@operators path_regexp ${operators}`,
    '	respond @operators 404',
    '	reverse_proxy {',
    `		to ${addresses(nodes).join(' ')}`,
    `		lb_policy ${balancer.method === 'round-robin' ? 'round_robin' : 'least_conn'}`,
    '		lb_try_duration 5s',
    `		health_uri ${balancer.readiness.path}`,
    `		health_interval ${seconds(balancer.readiness.everyMs)}`,
    '		flush_interval -1',
    '		transport http {',
    `			dial_timeout ${seconds(balancer.connectTimeoutMs)}`,
    `			keepalive ${seconds(balancer.keepAliveMs)}`,
    '			versions 1.1',
    '		}',
    '	}',
    '	handle_errors {',
    '		@events header Accept text/event-stream',
    '		handle @events {',
    '			header Content-Type text/event-stream',
    '			header Cache-Control no-store',
    '			respond "retry: 3000\n\n" 200',
    '		}',
    '		respond 503',
    '	}',
    '}',
  ].join('\n')
}

function haproxy(parts: SnippetParts): string {
  const { balancer, nodes } = parts
  const quiet = seconds(balancer.readTimeoutMs)
  return [
    'global',
    `  maxconn ${settingOf(parts, 'proxy', 'maxconn')}`,
    'defaults',
    '  mode http',
    `  timeout connect ${seconds(balancer.connectTimeoutMs)}`,
    `  timeout client ${quiet}`,
    `  timeout server ${quiet}`,
    `  timeout tunnel ${quiet}`,
    '  timeout client-fin 10s',
    `  timeout http-keep-alive ${seconds(balancer.keepAliveMs)}`,
    '  timeout http-request 10s',
    '  option http-no-delay',
    '  option forwardfor',
    'frontend readers',
    `  bind :8000 backlog ${settingOf(parts, 'proxy', 'net.core.somaxconn')}`,
    `  http-request return status 404 if { path_reg ${operators} }`,
    '  default_backend gamut',
    'backend gamut',
    `  balance ${balancer.method === 'round-robin' ? 'roundrobin' : 'leastconn'}`,
    `  option httpchk GET ${balancer.readiness.path}`,
    `  default-server check inter ${seconds(balancer.readiness.everyMs)} fall 2 rise 1`,
    ...addresses(nodes).map((address, at) => `  server node-${at + 1} ${address}`),
    '  http-request return status 200 content-type text/event-stream string "retry: 3000\\n\\n" hdr Cache-Control no-store if { nbsrv(gamut) eq 0 } { req.hdr(Accept) text/event-stream }',
  ].join('\n')
}

function proxyFiles(parts: SnippetParts): readonly Snippet[] {
  if (parts.proxy === 'none') return []
  const files = {
    nginx: { file: '/etc/nginx/nginx.conf', text: nginx },
    caddy: { file: '/etc/caddy/Caddyfile', text: caddy },
    haproxy: { file: '/etc/haproxy/haproxy.cfg', text: haproxy },
  }
  const { file, text } = files[parts.proxy]
  const limit = `[Service]\nLimitNOFILE=${settingOf(parts, 'proxy', 'nofile')}`
  return [
    sysctl(parts, 'proxy'),
    { on: 'proxy', file: `/etc/systemd/system/${parts.proxy}.service.d/plan.conf`, text: limit },
    { on: 'proxy', file, text: text(parts) },
  ]
}

function redisFile({ settings }: SnippetParts): readonly Snippet[] {
  const lines = settings.filter(({ on }) => on === 'redis').map(({ name, value }) => `${name} ${value}`)
  return lines.length > 0 ? [{ on: 'redis', file: '/etc/redis/redis.conf', text: lines.join('\n') }] : []
}

/** Files to begin with; names of machines and networks are examples. */
export function snippetsOf(parts: SnippetParts): readonly Snippet[] {
  return [sysctl(parts, 'node'), systemdUnit(parts), ...proxyFiles(parts), ...redisFile(parts)]
}
