import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { fileOf } from './node-program.ts'
import type { System } from './system.ts'

const nginx = '/usr/sbin/nginx'
const nchanModule = '/usr/lib/nginx/modules/ngx_nchan_module.so'

/** One worker, access log off, messages kept in memory: as its documentation advises for speed. */
function configOf(port: number): string {
  const folders = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${name};`,
  )
  return `
    load_module ${nchanModule};
    ${process.getuid?.() === 0 ? 'user root root;' : ''}
    daemon off;
    worker_processes 1;
    worker_rlimit_nofile 20000;
    pid nginx.pid;
    error_log stderr crit;
    events { worker_connections 15000; multi_accept on; }
    http {
      access_log off;
      tcp_nodelay on;
      keepalive_requests 1000000000;
      keepalive_timeout 600s;
      nchan_shared_memory_size 512M;
      ${folders.join('\n')}
      server {
        listen 127.0.0.1:${port} backlog=4096;
        location ~ ^/publish/(.+)$ {
          nchan_publisher http;
          nchan_channel_id $1;
          nchan_message_buffer_length 20000;
          nchan_message_timeout 10m;
        }
        location ~ ^/read/(.+)$ {
          nchan_subscriber websocket eventsource longpoll;
          nchan_channel_id $1;
          nchan_subscriber_first_message newest;
        }
      }
    }`
}

/** nginx with the module nchan, as Debian has it. */
export const nchan: System = {
  name: 'nchan',
  title: 'nchan',
  guarantee: 'recovery',
  missing: () =>
    existsSync(nginx) && existsSync(nchanModule)
      ? undefined
      : 'it needs nginx with nchan. On Debian: apt-get install libnginx-mod-nchan',
  program: (port) => {
    const prefix = fileOf(`../.cache/nchan-${port}`)
    mkdirSync(prefix, { recursive: true })
    writeFileSync(`${prefix}/nginx.conf`, configOf(port))
    return { command: nginx, args: ['-p', prefix, '-e', 'stderr', '-c', 'nginx.conf'] }
  },
  readings: {
    websocket: { mode: 'websocket', path: '/read/@CH@' },
    sse: { mode: 'stream', path: '/read/@CH@' },
  },
  resumings: {
    websocket: { mode: 'websocket', path: '/read/@CH@?last_event_id=@TOKEN@' },
    sse: { mode: 'stream', path: '/read/@CH@?last_event_id=@TOKEN@' },
  },
  positionOf: (answer) => /last message id: (\S+)/.exec(answer)?.[1],
  publish: (body) => ({ method: 'POST', path: '/publish/@CH@', body }),
}
