/** Bun's own server by its own topics, which a publish reaches natively. `bun bun.ts PORT` */

interface BunSocket {
  readonly data: string
  subscribe(topic: string): void
}

interface BunServer {
  upgrade(request: Request, options: { data: string }): boolean
  publish(topic: string, data: string): number
}

interface BunRuntime {
  serve(options: object): BunServer
  gc(force: boolean): void
}

const bun = Reflect.get(globalThis, 'Bun') as BunRuntime
const encoder = new TextEncoder()
const readers = new Map<string, Set<ReadableStreamDefaultController<Uint8Array>>>()

function stream(path: string): Response {
  const channel = readers.get(path) ?? new Set()
  readers.set(path, channel)
  let own: ReadableStreamDefaultController<Uint8Array>
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => {
      own = controller
      channel.add(controller)
      controller.enqueue(encoder.encode(':\n\n'))
    },
    cancel: () => void channel.delete(own),
  })
  return new Response(body, { headers: { 'content-type': 'text/event-stream' } })
}

bun.serve({
  port: Number(process.argv[2]),
  hostname: '127.0.0.1',
  idleTimeout: 255,
  fetch: async (request: Request, server: BunServer) => {
    const path = new URL(request.url).pathname
    if (request.method === 'GET') {
      if (server.upgrade(request, { data: path })) return undefined
      return stream(path)
    }
    const data = await request.text()
    JSON.parse(data)
    server.publish(path, data)
    const bytes = encoder.encode(`data: ${data}\n\n`)
    for (const reader of readers.get(path) ?? []) reader.enqueue(bytes)
    return new Response(null, { status: 201 })
  },
  websocket: {
    perMessageDeflate: false,
    idleTimeout: 960,
    open: (socket: BunSocket) => socket.subscribe(socket.data),
    message: () => {},
  },
})
process.on('SIGUSR2', () => bun.gc(true))
