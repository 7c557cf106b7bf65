// @ts-check

/** The server sends a heartbeat after 15 s of silence; two and a half of them missed is a dead connection. */
const silenceMs = 37_500

/**
 * Calls back when nothing was heard for too long.
 * @param {() => void} onSilence
 */
export function createWatchdog(onSilence) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer
  const stop = () => clearTimeout(timer)
  const heard = () => {
    stop()
    timer = setTimeout(onSilence, silenceMs)
  }
  heard()
  return { heard, stop }
}
