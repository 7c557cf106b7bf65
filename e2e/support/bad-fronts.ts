import { startCaddy } from './caddy.js'
import { startHaproxy } from './haproxy.js'
import { startNginx } from './nginx.js'
import { startVarnish } from './varnish.js'

/** Starts a proxy in front of a server of this machine; gives its address. */
type StartFront = (server: number) => Promise<string>

/** An nginx as its own documentation has it for WebSockets, that says for whom it asks, with `more` for the location and `outside` it. */
export const nginxWith =
  (more: string, outside = ''): StartFront =>
  async (server) => {
    const nginx = await startNginx(
      (port) => `
    map $http_upgrade $connection_upgrade { default upgrade; '' ''; }
    ${outside}
    server {
      listen 127.0.0.1:${port};
      location / {
        proxy_pass http://127.0.0.1:${server};
        ${/http_version/.test(more) ? '' : 'proxy_http_version 1.1;'}
        proxy_set_header X-Forwarded-For $remote_addr;
        ${/Host/.test(more) ? '' : 'proxy_set_header Host $http_host;'}
        ${/Upgrade/.test(more) ? '' : 'proxy_set_header Upgrade $http_upgrade;'}
        ${/Connection/.test(more) ? '' : 'proxy_set_header Connection $connection_upgrade;'}
        ${more}
      }
    }`,
    )
    return nginx.url
  }

/** A HAProxy with good times, `defaults` that win over them, and `more` for its frontend. */
export const haproxyWith =
  (more: string, defaults = '', tunnel = 'timeout tunnel 90s'): StartFront =>
  async (server) => {
    const port = await startHaproxy(
      (own) => `
global
  maxconn 1000
defaults
  mode http
  timeout connect 5s
  timeout client 90s
  timeout server 90s
  ${tunnel}
  option forwardfor
  ${defaults}
frontend readers
  bind 127.0.0.1:${own}
  ${more}
  default_backend gamut
backend gamut
  server one 127.0.0.1:${server}
`,
    )
    return `http://127.0.0.1:${port}`
  }

/** A Caddy that passes every event on, with `more` for the site, and `inside` for its proxy in place of that. */
export const caddyWith =
  (more: string, inside = 'flush_interval -1'): StartFront =>
  async (server) => {
    const port = await startCaddy(
      (own) => `
{
  admin off
  auto_https off
}
http://127.0.0.1:${own} {
  ${more}
  reverse_proxy 127.0.0.1:${server} {
    ${inside}
  }
}`,
    )
    return `http://127.0.0.1:${port}`
  }

/** A Varnish that passes upgrades on and asks the server for all else, with `subs` of its own before and `backend` lines. */
export const varnishWith =
  (subs: string, backend = '.first_byte_timeout = 70s; .between_bytes_timeout = 60s;'): StartFront =>
  async (server) => {
    const { url } = await startVarnish(`
vcl 4.1;
backend default { .host = "127.0.0.1"; .port = "${server}"; ${backend} }
${subs}
sub vcl_recv {
  if (req.http.Upgrade) { return (pipe); }
  return (pass);
}
sub vcl_pipe {
  set bereq.http.Upgrade = req.http.Upgrade;
  set bereq.http.Connection = "upgrade";
}`)
    return url
  }
