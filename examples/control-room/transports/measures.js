// @ts-check
import { formatBytes, formatCount, splitBytes } from '../src/format.ts'

const tenths = new Intl.NumberFormat('en', { minimumFractionDigits: 1, maximumFractionDigits: 1 })
const formatTenths = (/** @type {number} */ value) => tenths.format(value)

/**
 * How a value is shown: one number in large type and in the chart, and up to three facts beside it.
 * @typedef {object} Measure
 * @property {string} label
 * @property {string} value
 * @property {string} unit
 * @property {number} level What the chart draws.
 * @property {number} least The chart reaches up to at least so much, or small changes would look large.
 * @property {(readonly [string, string])[]} facts
 */

/** A number from outside, or 0. */
function number(/** @type {unknown} */ value) {
  return typeof value === 'number' && Number.isFinite(value) ? value : 0
}

const ms = (/** @type {unknown} */ value) => `${formatTenths(number(value))} ms`
const rate = (/** @type {unknown} */ value) => `${formatBytes(number(value))}/s`

/** @param {Record<string, any>} data @returns {Measure} */
function cpu({ total, cores }) {
  const list = Array.isArray(cores) ? cores.map(number) : []
  return {
    label: 'CPU, all cores',
    value: formatTenths(number(total)),
    unit: '%',
    level: number(total),
    least: 25,
    facts: [
      ['Cores', formatCount(list.length)],
      ['Busiest', `${formatTenths(Math.max(0, ...list))} %`],
      ['Calmest', `${formatTenths(list.length ? Math.min(...list) : 0)} %`],
    ],
  }
}

/** @param {Record<string, any>} data @returns {Measure} */
function load({ one, five, fifteen, cores }) {
  return {
    label: 'Load, 1 minute',
    value: number(one).toFixed(2),
    unit: '',
    level: number(one),
    least: 1,
    facts: [
      ['5 min', number(five).toFixed(2)],
      ['15 min', number(fifteen).toFixed(2)],
      ['Cores', formatCount(number(cores))],
    ],
  }
}

/** @param {Record<string, any>} data @returns {Measure} */
function memory({ total, used, available, percent }) {
  return {
    label: 'Memory in use',
    value: formatTenths(number(percent)),
    unit: '%',
    level: number(percent),
    least: 5,
    facts: [
      ['Used', formatBytes(number(used))],
      ['Free', formatBytes(number(available))],
      ['All', formatBytes(number(total))],
    ],
  }
}

/** @param {Record<string, any>} data @returns {Measure} */
function network({ received, sent, loopback }) {
  const all = number(received) + number(sent) + number(loopback)
  const { value, unit } = splitBytes(all)
  return {
    label: 'Network',
    value,
    unit: `${unit}/s`,
    level: all,
    least: 1024,
    facts: [
      ['In', rate(received)],
      ['Out', rate(sent)],
      ['Loopback', rate(loopback)],
    ],
  }
}

/** @param {Record<string, any>} data @returns {Measure} */
function loop({ mean, p99, max, busy }) {
  return {
    label: 'Event loop delay, p99',
    value: formatTenths(number(p99)),
    unit: 'ms',
    level: number(p99),
    least: 5,
    facts: [
      ['Mean', ms(mean)],
      ['Worst', ms(max)],
      ['Busy', `${formatTenths(number(busy))} %`],
    ],
  }
}

/** @param {Record<string, any>} data @returns {Measure} */
function server({ held, connections, memory: used }) {
  const of = (/** @type {string} */ transport) => number(connections?.[transport])
  return {
    label: 'Connections held',
    value: formatCount(number(held)),
    unit: '',
    level: number(held),
    least: 4,
    facts: [
      ['Streams', formatCount(of('sse') + of('ndjson'))],
      ['Sockets', formatCount(of('websocket'))],
      ['Memory', formatBytes(number(used?.rss))],
    ],
  }
}

/** @type {Readonly<Record<string, (data: Record<string, any>) => Measure>>} */
const measures = {
  'system/cpu': cpu,
  'system/load': load,
  'system/memory': memory,
  'system/network': network,
  'system/loop': loop,
  'system/server': server,
}

/**
 * How the value of a channel is shown; `undefined` for a channel of texts. Total: whatever came, it can be shown.
 * @param {string} channel
 * @param {unknown} data
 * @returns {Measure | undefined}
 */
export function measure(channel, data) {
  if (!Object.hasOwn(measures, channel)) return undefined
  const fields = typeof data === 'object' && data !== null ? data : {}
  return measures[channel]?.(fields)
}
