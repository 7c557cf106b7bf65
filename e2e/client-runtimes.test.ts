import { fileURLToPath } from 'node:url'
import { createFaultProxy } from '@gamut/testing'
import { expect, it } from 'vitest'
import { endWithTest } from './support/end-with-test.js'
import { describeWith, partPath } from './support/parts.js'
import { startProcess } from './support/start-process.js'
import { startServer } from './support/start-server.js'

const suite = fileURLToPath(new URL('./runtimes/client-suite.mjs', import.meta.url))

/** `npm run test:matrix` runs the first one on each Node that is supported. */
const runtimes = [
  { name: `Node ${process.version}`, parts: [], command: () => [process.execPath] },
  { name: 'Bun', parts: ['bun'], command: () => [partPath('bun'), 'run'] },
  { name: 'Deno', parts: ['deno'], command: () => [partPath('deno'), 'run', '--allow-net'] },
] as const

/** One that knows who shows the token `good`, behind a proxy that cuts each connection after 10 KB. */
async function startCut() {
  const server = await startServer({
    channels: { keyed: { keyed: true } },
    authenticate: ({ headers }) => (headers.get('authorization') === 'Bearer good' ? { id: 'ada' } : null),
    authorize: (identity, _action, channel) =>
      channel !== 'closed' && (channel !== 'private' || identity?.id === 'ada'),
  })
  const faults = { toClient: { endAfterBytes: 10_000 }, toServer: { endAfterBytes: 10_000 } }
  const proxy = await createFaultProxy({ target: { port: server.port }, faults })
  endWithTest(() => proxy.close())
  return { url: server.url, cutUrl: proxy.origin }
}

for (const { name, parts, command } of runtimes) {
  describeWith(parts, `the built client on ${name}`, () => {
    it('reads over each transport, publishes, shows tokens, is refused, and lets the program end (§3 to §8, §12)', async () => {
      const [runtime = '', ...args] = command()
      const program = startProcess({
        command: runtime,
        args: [...args, suite, JSON.stringify(await startCut())],
      })
      expect(await program.exited, program.output()).toEqual({ code: 0, signal: null })
      const results = JSON.parse(program.output()) as readonly { readonly error?: string }[]
      expect(results.length).toBeGreaterThan(9)
      expect(results.filter(({ error }) => error)).toEqual([])
      // Each waits by chance and longer each time that it was cut.
    }, 60_000)
  })
}
