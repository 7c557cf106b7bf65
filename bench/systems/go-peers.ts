import { createHmac } from 'node:crypto'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileOf } from './node-program.ts'
import type { Program, System } from './system.ts'

/** Finds a program that only some have, in `PATH` and where `go install` puts it. */
function findProgram(name: string): string | undefined {
  const goFolders = [process.env['GOBIN'] ?? '', join(process.env['HOME'] ?? '', 'go/bin')]
  return [...(process.env['PATH'] ?? '').split(delimiter), ...goFolders]
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, name))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK)
        return true
      } catch {
        return false
      }
    })
}

/** A Go program on the one core that it has, as Go counts it. */
function goProgram(name: string, args: readonly string[], env: Readonly<Record<string, string>>): Program {
  return { command: findProgram(name) ?? name, args, env: { GOMAXPROCS: '1', ...env } }
}

/** Centrifugo with history and recovery in memory. */
export const centrifugo: System = {
  name: 'centrifugo',
  title: 'Centrifugo',
  guarantee: 'log',
  missing: () =>
    findProgram('centrifugo')
      ? undefined
      : 'it needs `centrifugo` in PATH. With Go: go install github.com/centrifugal/centrifugo/v6@v6.9.1',
  program: (port) =>
    goProgram('centrifugo', ['-c', fileOf('servers/centrifugo.json'), '--http_server.port', `${port}`], {}),
  readings: {
    websocket: {
      mode: 'websocket',
      path: '/connection/websocket',
      frames: '{"id":1,"connect":{}}\n{"id":2,"subscribe":{"channel":"c@CH@","recover":false}}',
      readyText: '"subscribe"',
    },
    sse: {
      mode: 'stream',
      path: '/connection/uni_sse?cf_connect=%7B%22subs%22:%7B%22c@CH@%22:%7B%7D%7D%7D',
      readyText: '"connect"',
    },
  },
  resumings: {
    websocket: {
      mode: 'websocket',
      path: '/connection/websocket',
      frames: '{"id":1,"connect":{}}\n{"id":2,"subscribe":{"channel":"c@CH@","recover":true,@TOKEN@}}',
      readyText: '"subscribe"',
    },
  },
  positionOf: (answer) => /"offset":\d+,"epoch":"[^"]+"/.exec(answer)?.[0],
  publish: (body) => ({
    method: 'POST',
    path: '/api/publish',
    headers: ['Content-Type: application/json'],
    body: `{"channel":"c@CH@","data":${body}}`,
  }),
}

/** The key of `servers/mercure.caddyfile`. */
const publisherKey = 'bench-publisher-key-of-32-characters'

/** A token that may publish everything. */
function publisherToken(): string {
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const signed = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode({ mercure: { publish: ['*'] } })}`
  return `${signed}.${createHmac('sha256', publisherKey).update(signed).digest('base64url')}`
}

/** Mercure's hub with its history in memory, every topic public. */
export const mercure: System = {
  name: 'mercure',
  title: 'Mercure',
  guarantee: 'recovery',
  missing: () =>
    findProgram('mercure') ? undefined : 'it needs the hub’s binary `mercure` in PATH (a Caddy with it)',
  program: (port) =>
    goProgram('mercure', ['run', '--config', fileOf('servers/mercure.caddyfile')], {
      SERVER_NAME: `http://127.0.0.1:${port}`,
    }),
  readings: { sse: { mode: 'stream', path: '/.well-known/mercure?topic=c@CH@' } },
  publish: (body) => ({
    method: 'POST',
    path: '/.well-known/mercure',
    headers: ['Content-Type: application/x-www-form-urlencoded', `Authorization: Bearer ${publisherToken()}`],
    body: `topic=c@CH@&data=${body}`,
  }),
}
