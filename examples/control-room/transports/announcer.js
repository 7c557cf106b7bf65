// @ts-check

/** What happens to several panels at once is said once. */
const quietMs = 1500

/**
 * Says to screen readers what has happened, gathered: "Poll, WebSocket: connection lost." Live values are never said.
 * @param {HTMLElement} region A polite live region.
 */
export function createAnnouncer(region) {
  /** @type {Map<string, Set<string>>} */
  const events = new Map()
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer

  function say() {
    timer = undefined
    region.textContent = [...events].map(([what, names]) => `${[...names].join(', ')}: ${what}.`).join(' ')
    events.clear()
  }

  return (/** @type {string} */ name, /** @type {string} */ what) => {
    // Only the newest of a name is worth saying.
    for (const names of events.values()) names.delete(name)
    for (const [known, names] of events) if (names.size === 0) events.delete(known)
    const names = events.get(what) ?? new Set()
    events.set(what, names.add(name))
    if (timer === undefined) timer = setTimeout(say, quietMs)
  }
}
