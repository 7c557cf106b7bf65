// @ts-check

/** What the daily report is made of. A restart begins anew, as the page says. */
let count = { day: '', since: 0, cpu: 0, values: 0, peakCpu: 0, said: 0, deploys: 0 }

/** The day that is counted now; midnight begins another one. */
function today() {
  const day = new Date().toDateString()
  if (count.day !== day)
    count = { day, since: Date.now(), cpu: 0, values: 0, peakCpu: 0, said: 0, deploys: 0 }
  return count
}

/** Notes how busy the processor was. */
export function noteCpu(/** @type {number} */ percent) {
  const day = today()
  day.cpu += percent
  day.values += 1
  day.peakCpu = Math.max(day.peakCpu, percent)
}

/** Notes that somebody said something, or that something was deployed. */
export function noteOne(/** @type {'said' | 'deploys'} */ what) {
  today()[what] += 1
}

/** The report: computed while somebody reads it, once for all of them. */
export function readDay() {
  const { since, cpu, values, peakCpu, said, deploys } = today()
  return {
    sinceMs: Date.now() - since,
    meanCpu: Math.round(cpu / Math.max(1, values)),
    peakCpu: Math.round(peakCpu),
    said,
    deploys,
  }
}
