// @ts-check
import { connect } from '@gamut/client'

/**
 * Runs the client against a server, on any runtime and without a test runner, and writes what came of each check as one
 * list of JSON. `url` is the server's, `cutUrl` the same by way of a proxy that cuts each connection after a while; the
 * channel `private` wants the token `good`, `keyed` has keys, and nobody may read `closed`.
 * @typedef {import('@gamut/client').ConnectOptions} Options
 * @typedef {NonNullable<Exclude<Options['transport'], readonly unknown[]>>} Transport
 * @typedef {{ name: string, error?: string }} Result
 */
const { url, cutUrl } = JSON.parse(process.argv[2] ?? '{}')
const limitMs = 40_000
const filling = 'x'.repeat(200)
/** @type {Transport[]} */
const all = ['poll', 'long-poll', 'sse', 'ndjson', 'websocket']
// Node has one from version 22 on.
const transports = all.filter((name) => name !== 'websocket' || typeof WebSocket === 'function')

/** @type {Record<string, () => Promise<void>>} */
const checks = {
  'iterates over a channel, publishes to it and reads its history': iterates,
  'is told once of all keys': snapshots,
  'is told that a channel may not be read': isRefused,
  'shows its token, which is asked for again at each connect': showsToken,
  'stores what is published again under one id once': publishesOnce,
  'publishes each message once while connections are cut': publishesCut,
}
for (const transport of transports) {
  checks[`reads each message once over ${transport} while connections are cut`] = () => readsCut(transport)
}
/** @type {Result[]} */
const results = await Promise.all(Object.entries(checks).map(([name, check]) => run(name, check)))
console.log(JSON.stringify(results))

async function run(/** @type {string} */ name, /** @type {() => Promise<void>} */ check) {
  try {
    await check()
    return { name }
  } catch (error) {
    const { message, cause } = /** @type {Error} */ (error)
    return { name, error: `${cause}\n${message}` }
  }
}

/** With a client that is closed in the end, so that the program ends by itself. What fails is told with the client's last moves. */
async function withClient(
  /** @type {string} */ address,
  /** @type {Options} */ options,
  /** @type {(client: import('@gamut/client').Gamut) => Promise<void>} */ use,
) {
  const client = connect(address, options)
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let limit
  const late = new Promise((_, reject) => {
    limit = setTimeout(() => reject(new Error(`it was not done within ${limitMs / 1000} s`)), limitMs)
  })
  try {
    await Promise.race([use(client), late])
  } catch (error) {
    throw new Error((await client.explain()).join('\n'), { cause: error })
  } finally {
    clearTimeout(limit)
    client.close()
  }
}

function equal(/** @type {unknown} */ got, /** @type {unknown} */ wanted) {
  const [one, other] = [JSON.stringify(got), JSON.stringify(wanted)]
  if (one !== other) throw new Error(`got ${one} in place of ${other}`)
}

/** In waves of 6 KB, so that a poll of one fits into a connection and a stream of all does not. */
async function readsCut(/** @type {Transport} */ transport) {
  await withClient(url, {}, (publisher) =>
    withClient(cutUrl, { transport }, async (client) => {
      const name = `cut/${transport}`
      /** @type {number[]} */
      const seen = []
      const reading = client.channel(name, { cursor: 'oldest' })[Symbol.asyncIterator]()
      for (let wave = 0; wave < 40; wave += 20) {
        for (let n = wave; n < wave + 20; n += 1) await publisher.channel(name).publish({ n, filling })
        while (seen.at(-1) !== wave + 19) {
          const { value } = await reading.next()
          seen.push(value.data.n)
        }
      }
      equal(
        seen,
        seen.map((_, n) => n),
      )
    }),
  )
}

async function publishesCut() {
  await withClient(cutUrl, {}, async (client) => {
    const channel = client.channel('published')
    for (let n = 0; n < 60; n += 1) await channel.publish({ n, filling })
  })
  await withClient(url, {}, async (client) => {
    const { messages } = await client.channel('published').history({ limit: 1000 })
    equal(
      messages.map(({ data }) => /** @type {{ n: number }} */ (data).n),
      Array.from({ length: 60 }, (_, n) => n),
    )
  })
}

async function iterates() {
  await withClient(url, {}, async (client) => {
    const channel = client.channel('iterated', { cursor: 'oldest' })
    for (const n of [1, 2, 3]) await channel.publish(n)
    const seen = []
    for await (const { data } of channel) {
      seen.push(data)
      if (seen.length === 3) break
    }
    equal(seen, [1, 2, 3])
    const { messages, more } = await channel.history({ limit: 2 })
    equal([messages.map(({ data }) => data), more], [[2, 3], false])
  })
}

async function snapshots() {
  await withClient(url, {}, async (client) => {
    const channel = client.channel('keyed')
    for (const key of ['a', 'b', 'c']) await channel.publish(key.toUpperCase(), { key })
    await channel.remove('b')
    const messages = await new Promise((resolve, reject) => {
      channel.subscribe(() => {}, { onSnapshot: resolve, onError: reject })
    })
    const keys = messages.map((/** @type {{ key: string, data: unknown }} */ { key, data }) => [key, data])
    equal(keys, [
      ['a', 'A'],
      ['c', 'C'],
    ])
  })
}

async function isRefused() {
  for (const transport of transports) {
    await withClient(url, { transport }, async (client) => {
      const error = await new Promise((resolve) => {
        client.channel('closed').subscribe(() => {}, { onError: resolve })
      })
      equal([transport, error.code], [transport, 'unauthenticated'])
    })
  }
}

async function showsToken() {
  for (const transport of transports) {
    let asked = 0
    const getToken = async () => {
      asked += 1
      return 'good'
    }
    await withClient(url, { transport, getToken }, async (client) => {
      const channel = client.channel('private', { last: 1 })
      await channel.publish(transport)
      for await (const { data } of channel) {
        equal(data, transport)
        break
      }
      if (asked < 2) throw new Error(`asked ${asked} times`)
    })
  }
}

async function publishesOnce() {
  await withClient(url, {}, async (client) => {
    const channel = client.channel('once')
    const published = await Promise.all([1, 2, 3].map(() => channel.publish('once', { id: 'one' })))
    equal(new Set(published.map(({ offset }) => offset)).size, 1)
  })
}
