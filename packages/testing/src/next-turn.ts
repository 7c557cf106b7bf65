interface LoopGlobals {
  readonly setImmediate?: (call: () => void) => unknown
}

// Taken when this is loaded, so that a test that fakes its own timers does not stand still for ever.
const { setImmediate: immediate } = globalThis as LoopGlobals

/** Calls back in the event loop's next turn, once all promises that can settle have settled; on any runtime. */
export function inNextTurn(call: () => void): void {
  if (immediate) {
    immediate(call)
    return
  }
  const { port1, port2 } = new MessageChannel()
  port1.onmessage = () => {
    port1.close()
    call()
  }
  port2.postMessage(undefined)
}

/** Resolves in the event loop's next turn. */
export function nextTurn(): Promise<void> {
  return new Promise(inNextTurn)
}
