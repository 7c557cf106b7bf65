import fc from 'fast-check'

/** A way to cut bytes into the pieces that are written. */
export type Way = (bytes: Buffer) => Iterable<Buffer>

/** Bytes at either end that are worth a turn each; more of them would only cost time. */
const eachByItself = 300
const inTheMiddle = 997

function* byBytes(bytes: Buffer): Iterable<Buffer> {
  let at = 0
  while (at < bytes.length) {
    const left = bytes.length - at
    const isMiddle = at >= eachByItself && left > eachByItself
    const size = isMiddle ? Math.min(inTheMiddle, left - eachByItself) : 1
    yield bytes.subarray(at, at + size)
    at += size
  }
}

function* byChance(bytes: Buffer): Iterable<Buffer> {
  const most = Math.max(9, Math.floor(bytes.length / 20))
  const sizes = fc.sample(fc.integer({ min: 1, max: most }), { numRuns: 200 })
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1
    yield bytes.subarray(at, at + size)
    at += size
  }
}

/** The ways in which every case is sent. `byBytes` takes the middle of what is long in greater pieces. */
export const ways: Readonly<Record<string, Way>> = {
  whole: (bytes) => [bytes],
  byChance,
  byBytes,
}
