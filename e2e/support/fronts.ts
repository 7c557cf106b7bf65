import { startCaddy } from './caddy.js'
import { startNginx } from './nginx.js'

/**
 * An nginx as a newcomer writes it, that was told to buffer whatever the server says of it: it asks in HTTP/1.0, knows
 * no upgrade, and what a stream sends waits until 64 KiB are full.
 */
export async function startBufferingNginx(server: number): Promise<string> {
  const nginx = await startNginx(
    (port) => `
    server {
      listen 127.0.0.1:${port};
      location / {
        proxy_pass http://127.0.0.1:${server};
        proxy_ignore_headers X-Accel-Buffering;
        proxy_buffer_size 64k;
        proxy_buffers 8 64k;
      }
    }`,
  )
  return nginx.url
}

/** An nginx with what its own documentation gives for WebSockets, that compresses all that the server sends. */
export async function startZippingNginx(server: number): Promise<string> {
  const nginx = await startNginx(
    (port) => `
    map $http_upgrade $connection_upgrade { default upgrade; '' close; }
    gzip on;
    gzip_types text/event-stream application/x-ndjson application/json;
    gzip_min_length 1;
    server {
      listen 127.0.0.1:${port};
      location / {
        proxy_pass http://127.0.0.1:${server};
        proxy_http_version 1.1;
        proxy_set_header Host $http_host;
        proxy_set_header Upgrade $http_upgrade;
        proxy_set_header Connection $connection_upgrade;
      }
    }`,
  )
  return nginx.url
}

/** A Caddy that speaks HTTP/2, or other versions, and TLS with a certificate of its own, which nobody else has signed. */
export async function startHttp2(server: number, protocols = 'h1 h2'): Promise<string> {
  const port = await startCaddy(
    (own) => `
    {
      admin off
      skip_install_trust
      auto_https disable_redirects
      servers {
        protocols ${protocols}
      }
    }
    https://localhost:${own} {
      bind 127.0.0.1
      tls internal
      reverse_proxy 127.0.0.1:${server} {
        flush_interval -1
      }
    }`,
  )
  return `https://localhost:${port}`
}
