import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { freePort } from '../../../e2e/support/free-port.js'
import { startGamut } from '../../../e2e/support/gamut.js'
import { runCommand } from './run-command.js'

const doctor = (url: string, args: readonly string[] = [], env: Record<string, string> = {}) =>
  runCommand(['doctor', url, '--idle', '0', ...args], { env })

/** A server that is none of ours. */
async function startOther(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

describe('doctor', () => {
  it('finds nothing wrong with a server that it reaches straight', async () => {
    const { url } = await startGamut(['--base-path', '/live'])
    const { code, out, err } = await doctor(`${url}/live/`)
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toMatch(/^channel doctor\/\w+ \(read and published\)/m)
    expect(out).toMatch(/^poll \w+ · long-poll \w+ · sse note · ndjson note · websocket ok$/m)
    expect(out).toMatch(/^ok {7}limits {7}The server has \d+ of \d+ file descriptors open/m)
    expect(out).not.toMatch(/^(?:fault|warning)/m)
  })

  it('reads a channel that is named, and leaves nothing in it', async () => {
    const { url } = await startGamut()
    const { code, out } = await doctor(`${url}/channels/chat/lobby`, ['--json'])
    expect(code).toBe(0)
    expect(JSON.parse(out)).toMatchObject({ url, channel: 'chat/lobby', published: false })
    const { messages } = (await (await fetch(`${url}/channels/chat/lobby`)).json()) as { messages: unknown }
    expect(messages).toEqual([])
  })

  it('says what to do without a token, and finds nothing wrong with one', async () => {
    const secret = 'a secret of thirty-two bytes or more'
    const { url } = await startGamut([], { GAMUT_JWT_SECRET: secret })
    const refused = await doctor(url)
    expect(refused).toMatchObject({ code: 1, err: expect.stringMatching(/unauthenticated: .* --token/) })
    const args = ['token', '--sub', 'ann', '--read', 'mine/*', '--publish', 'mine/*']
    const made = await runCommand(args, { env: { GAMUT_JWT_SECRET: secret } })
    const token = ['--token', made.out.trim()]
    const elsewhere = await doctor(url, token)
    expect(elsewhere).toMatchObject({ code: 1, err: expect.stringMatching(/forbidden: .* --channel/) })
    const { code, out } = await doctor(url, [...token, '--channel', 'mine/a', '--publish'])
    expect(code).toBe(0)
    expect(out).toContain('What was answered to a token is given to nobody')
    expect(out).not.toMatch(/^(?:fault|warning)/m)
  })

  it('says why there is no answer', async () => {
    const gone = await doctor(`http://127.0.0.1:${await freePort()}`)
    expect(gone).toMatchObject({ code: 1, err: expect.stringContaining('Nobody listens at 127.0.0.1:') })
    const unnamed = await doctor('http://no-such-host.invalid')
    expect(unnamed).toMatchObject({
      code: 1,
      err: expect.stringContaining('There is no host "no-such-host.invalid"'),
    })
  })

  it('says what answers in place of a Gamut server', async () => {
    const page = await startOther((_request, response) => {
      response.writeHead(404, { 'content-type': 'text/html', server: 'other' }).end('<h1>Not here</h1>')
    })
    expect(await doctor(`http://${page}`)).toMatchObject({
      code: 1,
      err: expect.stringMatching(
        /No Gamut server answers there: .* HTTP 404, text\/html, by other\. .*base path/,
      ),
    })
    expect(await doctor(`https://${page}`)).toMatchObject({
      code: 1,
      err: expect.stringMatching(/TLS with .* does not come about: .* http:\/\//),
    })
    const sent = await startOther((_request, response) => {
      response.writeHead(301, { location: 'https://elsewhere.example/live' }).end()
    })
    expect(await doctor(`http://${sent}`)).toMatchObject({
      code: 1,
      err: expect.stringContaining('sends on to https://elsewhere.example/live'),
    })
  })

  it('asks for the right key where the server’s limits are asked for', async () => {
    const key = 'a-key-of-some-length-for-operators'
    const { url } = await startGamut([], { GAMUT_OPERATIONS_KEY: key })
    const right = await doctor(url, [], { GAMUT_OPERATIONS_KEY: key })
    expect(right).toMatchObject({ code: 0, out: expect.stringContaining('file descriptors open') })
    const wrong = await doctor(url, [], { GAMUT_OPERATIONS_KEY: `${key}s` })
    expect(wrong).toMatchObject({ code: 1, err: expect.stringMatching(/unauthenticated.*Is the key right/) })
    expect((await doctor(url)).out).toMatch(/^note {5}limits {7}Descriptors and kernel limits are not shown/m)
  })
})
