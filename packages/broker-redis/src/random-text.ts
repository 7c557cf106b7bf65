// Drawn in portions: a call of the system's generator for each append would be a tenth of its cost.
const words = new Uint32Array(1024)
let left = 0

/** 64 random bits as 14 letters and digits: an epoch where one begins, and the tag of what is appended. */
export function randomText(): string {
  if (left === 0) {
    crypto.getRandomValues(words)
    left = words.length
  }
  left -= 2
  const [one = 0, other = 0] = words.subarray(left, left + 2)
  return one.toString(36).padStart(7, '0') + other.toString(36).padStart(7, '0')
}
