import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { examine } from './support/doctor.js'
import { operateProxies, startOperateProxy } from './support/operate-proxy.js'
import { describeWith } from './support/parts.js'
import { blocks } from './support/snippet.js'
import { startServer } from './support/start-server.js'
import { until } from './support/until.js'
import { startVarnish } from './support/varnish.js'

const options = {
  trustedProxies: ['127.0.0.1'],
  operationsKey: 'a-key-for-the-operators',
  channels: { 'public/*': { public: true, need: { stalenessMs: 60_000 } } },
}
const guide = new URL('../docs/guide/caching.md', import.meta.url)
const isThere = (origin: string) => until(async () => (await fetch(`${origin}/readyz`)).status === 200)
const quick = ['--idle', '3s', '--seconds', '10']

for (const name of operateProxies) {
  describeWith(name, `doctor behind ${name} as docs/operate has it`, () => {
    it('finds nothing wrong', async () => {
      const { port } = await startServer(options)
      const origin = await startOperateProxy(name, port)
      await isThere(origin)
      const { code, bad, front, published } = await examine(origin, ...quick)
      expect({ code, bad, published }).toEqual({ code: 0, bad: [], published: true })
      // HAProxy says nothing of itself.
      expect(front.name).toBe(name === 'haproxy' ? undefined : name)
    })
  })
}

describeWith('varnish', 'doctor behind Varnish as the guide to caches has it', () => {
  const start = async () => {
    const { port } = await startServer(options)
    const [vcl = ''] = blocks(await readFile(guide, 'utf8'), 'vcl')
    return startVarnish(vcl.replace('"8080"', `"${port}"`))
  }

  it('finds nothing wrong', async () => {
    const { url } = await start()
    const { code, bad, front } = await examine(url, ...quick)
    expect({ code, bad, front: front.name }).toEqual({ code: 0, bad: [], front: 'varnish' })
  })

  it('sees that a public channel is answered for everybody (§4)', async () => {
    const { url } = await start()
    const { code, bad, findings } = await examine(`${url}/channels/public/news`, '--idle', '0')
    expect({ code, bad }).toEqual({ code: 0, bad: [] })
    expect(findings.map(({ says }) => says)).toContainEqual(
      expect.stringMatching(/^A shared cache answers .*X-Varnish/),
    )
  })
})
