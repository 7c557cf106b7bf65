/** Servers whose settings are known here. */
export const fronts = ['nginx', 'caddy', 'haproxy', 'varnish'] as const

/** A server that may stand in front. */
export type FrontName = (typeof fronts)[number]

/** How each is written. */
export const frontNames: Readonly<Record<FrontName, string>> = {
  nginx: 'nginx',
  caddy: 'Caddy',
  haproxy: 'HAProxy',
  varnish: 'Varnish',
}

/** For each problem what to set, in each server's own words. */
const table = {
  buffering: {
    nginx:
      'proxy_buffering off; proxy_http_version 1.1; and no proxy_ignore_headers X-Accel-Buffering; with proxy_cache_lock also proxy_cache_bypass for streams',
    caddy:
      'reverse_proxy … { flush_interval -1 } and no buffer_responses or response_buffers; encode, if at all, as encode gzip { match { header Content-Type text/html* header Content-Type application/json* } }',
    haproxy: 'option http-no-delay, and no http-response wait-for-body',
    varnish:
      'in vcl_recv: if (req.http.Accept ~ "event-stream|ndjson" || req.url ~ "[?&]as=(sse|ndjson)") { return (pass); } and in vcl_backend_response: no beresp.do_stream = false, no beresp.do_gzip',
  },
  compression: {
    nginx: 'gzip_types without text/event-stream and application/x-ndjson, or gzip off;',
    caddy: 'encode gzip { match { header Content-Type text/html* header Content-Type application/json* } }',
    haproxy:
      'compression type text/html application/json, without text/event-stream and application/x-ndjson',
    varnish: 'in vcl_backend_response: set beresp.do_gzip = false;',
  },
  idle: {
    nginx: 'proxy_read_timeout 90s; send_timeout 90s;',
    caddy:
      'transport http without read_timeout and write_timeout, servers without timeouts { write … idle … } below 90s',
    haproxy: 'timeout client 90s, timeout server 90s, timeout tunnel 90s',
    varnish: '.first_byte_timeout = 70s; .between_bytes_timeout = 90s; and varnishd -p pipe_timeout=90',
  },
  upgrade: {
    nginx:
      'proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_upgrade; with the map of $http_upgrade',
    caddy: 'reverse_proxy … { transport http { versions 1.1 } }, and no header_up -Upgrade or -Connection',
    haproxy: 'mode http, and no http-request del-header Upgrade or Connection',
    varnish:
      'in vcl_recv: if (req.http.Upgrade) { return (pipe); } and in vcl_pipe: set bereq.http.Upgrade = req.http.Upgrade; set bereq.http.Connection = "upgrade";',
  },
  http2: {
    nginx: 'listen 443 ssl http2; (from 1.25.1 on: http2 on;)',
    caddy: 'a host name as the site’s address: HTTP/2 and 3 come with its TLS',
    haproxy: 'bind :443 ssl crt … alpn h2,http/1.1',
    varnish:
      'varnishd -p feature=+http2, behind a TLS end that speaks h2 (hitch: alpn-protos = "h2, http/1.1")',
  },
  etag: {
    nginx: 'no proxy_hide_header ETag; no more_clear_headers; no sub_filter for application/json',
    caddy: 'no header -ETag and no header_down -ETag',
    haproxy: 'no http-response del-header ETag',
    varnish: 'in vcl_backend_response and vcl_deliver: no unset of ETag',
  },
  headers: {
    nginx: 'no proxy_hide_header, expires or add_header Cache-Control for these paths',
    caddy: 'no header Cache-Control or Vary for these paths',
    haproxy: 'no http-response set-header or del-header of Cache-Control and Vary',
    varnish: 'in vcl_deliver: no set or unset of Cache-Control and Vary',
  },
  cache: {
    nginx: 'no proxy_ignore_headers Cache-Control Expires Vary; proxy_cache for public channels alone',
    caddy: 'the cache handler for public channels alone, obeying Cache-Control',
    haproxy: 'http-request cache-use and http-response cache-store for public channels alone',
    varnish:
      'in vcl_recv: return (pass); for all but public channels; in vcl_backend_response: no beresp.ttl of your own, and if (beresp.http.Cache-Control ~ "private|no-store") { set beresp.uncacheable = true; }',
  },
  shared: {
    nginx: 'proxy_cache, proxy_cache_lock on; and proxy_cache_use_stale updating; for public channels',
    caddy: 'a cache module; Caddy has none of its own',
    haproxy:
      'a cache section, http-request cache-use and http-response cache-store; it does not collapse equal requests',
    varnish:
      'in vcl_recv: unset Cookie and Authorization of requests for public channels, and return (hash);',
  },
  host: {
    nginx: 'proxy_set_header Host $http_host;',
    caddy: 'no header_up Host',
    haproxy: 'no http-request set-header Host',
    varnish: 'no set of req.http.Host or bereq.http.Host, no .host_header',
  },
  forwarded: {
    nginx: 'proxy_set_header X-Forwarded-For $remote_addr;',
    caddy: 'no header_up -X-Forwarded-For',
    haproxy: 'option forwardfor',
    varnish: 'no unset of req.http.X-Forwarded-For: Varnish sets it by itself',
  },
  operators: {
    nginx: 'location ~ ^/(metrics|connections|nodes|revocations|explain|trace|advice)(/|$) { return 404; }',
    caddy:
      '@operators path_regexp ^/(metrics|connections|nodes|revocations|explain|trace|advice)(/|$) and respond @operators 404',
    haproxy:
      'http-request return status 404 if { path_reg ^/(metrics|connections|nodes|revocations|explain|trace|advice)(/|$) }',
    varnish:
      'in vcl_recv: if (req.url ~ "^/(metrics|connections|nodes|revocations|explain|trace|advice)(/|\\?|$)") { return (synth(404)); }',
  },
} as const satisfies Record<string, Readonly<Record<FrontName, string>>>

/** What can be wrong with a path that a proxy's setting mends. */
export type Problem = keyof typeof table

/** What to set in one server. */
export interface Setting {
  readonly server: FrontName
  readonly setting: string
}

/** What to set against a problem, in the servers that stand in front first, for a server with this base path. */
export function settingsFor(
  problem: Problem,
  shown: readonly FrontName[],
  basePath: string,
): readonly Setting[] {
  return [...new Set([...shown, ...fronts])].map((server) => ({
    server,
    setting: table[problem][server].replace('^/(', `^${basePath}/(`),
  }))
}
