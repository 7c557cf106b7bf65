// What the servers here use of packages that are installed for the bench alone (`bench/package.json`).

declare module 'socket.io' {
  import type { Server as HttpServer } from 'node:http'

  interface Socket {
    readonly handshake: { readonly query: Readonly<Record<string, unknown>> }
    readonly recovered: boolean
    join(room: string): Promise<void> | undefined
    emit(event: string, ...data: unknown[]): boolean
  }
  export class Server {
    constructor(server: HttpServer, options: object)
    on(event: 'connection', listener: (socket: Socket) => void): this
    to(room: string): { emit(event: string, ...data: unknown[]): boolean }
  }
}

declare module '@socket.io/redis-streams-adapter' {
  export function createAdapter(client: unknown): unknown
}

declare module 'better-sse' {
  import type { IncomingMessage, ServerResponse } from 'node:http'

  interface Session {
    readonly id?: string
  }
  export function createSession(request: IncomingMessage, response: ServerResponse): Promise<Session>
  export function createChannel(): { register(session: Session): unknown; broadcast(data: unknown): unknown }
}
