// @ts-check
import { cpus } from 'node:os'

/** @typedef {{ busy: number, total: number }} Times */

/** @returns {Times[]} */
function coreTimes() {
  return cpus().map(({ times }) => {
    const total = times.user + times.nice + times.sys + times.idle + times.irq
    return { busy: total - times.idle, total }
  })
}

/** @param {Times} before @param {Times} after */
function percent(before, after) {
  const total = after.total - before.total
  return total > 0 ? Math.round(((after.busy - before.busy) / total) * 1000) / 10 : 0
}

/** @param {Times[]} cores */
function sum(cores) {
  return cores.reduce((all, { busy, total }) => ({ busy: all.busy + busy, total: all.total + total }), {
    busy: 0,
    total: 0,
  })
}

/** Measures how busy the processor was since the last call: all of it and each core, in percent. */
export function createCpuMeter() {
  let before = coreTimes()
  return () => {
    const after = coreTimes()
    const value = {
      total: percent(sum(before), sum(after)),
      cores: after.map((core, index) => percent(before[index] ?? core, core)),
    }
    before = after
    return value
  }
}
