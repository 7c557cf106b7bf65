// @ts-check

/**
 * What came of acknowledged numbers at one reader. A loss is `unsaid` unless the reader was told, where it lies, that its
 * state was not recovered.
 * @param {readonly (number | 'reset')[]} seen
 * @param {readonly number[]} acknowledged
 */
export function countSeen(seen, acknowledged) {
  /** @type {Map<number, number>} */
  const times = new Map()
  for (const one of seen) if (one !== 'reset') times.set(one, (times.get(one) ?? 0) + 1)
  const lost = acknowledged.filter((number) => !times.has(number))
  const said = saidIn(seen)
  return {
    received: seen.filter((one) => one !== 'reset').length,
    lost: lost.length,
    unsaid: lost.filter((number) => !said.some(([from, to]) => number > from && number < to)).length,
    repeated: [...times.values()].filter((count) => count > 1).length,
  }
}

/** Between which numbers a reader was told that something may be missing. */
function saidIn(/** @type {readonly (number | 'reset')[]} */ seen) {
  /** @type {[from: number, to: number][]} */
  const said = []
  let last = 0
  let reset = false
  for (const one of seen) {
    if (one === 'reset') reset = true
    else {
      if (reset) said.push([last, Math.max(one, last)])
      reset = false
      last = Math.max(last, one)
    }
  }
  if (reset) said.push([last, Number.POSITIVE_INFINITY])
  return said
}
