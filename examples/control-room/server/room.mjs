// @ts-check
import { connect } from '@gamut/client'
import { defaultEnvironment } from '@gamut/client/core'
import { noteOne } from './day.mjs'
import { runDeploys } from './deploy.mjs'
import { publishMetrics } from './metrics.mjs'

/** @typedef {import('@gamut/server').Gamut} Gamut */
/** @typedef {{ metricsPerSecond: number, alertPercent: number }} Settings */

/** @type {Settings} */
const defaults = { metricsPerSecond: 4, alertPercent: 90 }
/** Of a busy processor is told once in so long. */
const alertEveryMs = 120_000

/** The server as a reader of its own channels: it acts on what is stored, once and in order, as any reader would. */
function readOwn(/** @type {Gamut} */ gamut) {
  /** @type {typeof fetch} */
  const ownFetch = (input, init) => gamut.fetch(new Request(input, init))
  const environment = { ...defaultEnvironment(), fetch: ownFetch }
  return connect('http://localhost', { environment, transport: 'ndjson' })
}

/**
 * Runs what the page shows of this machine.
 * @param {Gamut} gamut
 * @returns How to stop.
 */
export async function openRoom(gamut) {
  const client = readOwn(gamut)
  let { alertPercent } = defaults
  let alertedAt = Number.NEGATIVE_INFINITY
  // What several nodes tell by one id is stored once.
  const tell = (/** @type {string} */ text, /** @type {string | undefined} */ id = undefined) => {
    gamut
      .publish('notices', { text }, id === undefined ? {} : { id })
      .catch((error) => gamut.logger.warn({ error, text }, 'a notice could not be published'))
  }
  const metrics = publishMetrics(gamut, (cpu) => {
    if (cpu < alertPercent || performance.now() < alertedAt + alertEveryMs) return
    alertedAt = performance.now()
    tell(`The processor is ${Math.round(cpu)} % busy.`, `busy ${Math.floor(Date.now() / alertEveryMs)}`)
  })

  const settings = client.channel('settings/room', { last: 1 })
  const { messages } = await settings.history({ limit: 1 })
  if (messages.length === 0) await gamut.publish('settings/room', defaults, { id: 'defaults' })
  settings.subscribe(({ data }) => {
    const wanted = /** @type {Settings} */ (data)
    alertPercent = wanted.alertPercent
    metrics.setPace(wanted.metricsPerSecond)
  })
  client.channel('chat/operations', { cursor: 'newest' }).subscribe(() => noteOne('said'))
  const stopDeploys = runDeploys(gamut, client, tell)
  tell('The server has started.')

  return () => {
    client.close()
    metrics.stop()
    stopDeploys()
  }
}
