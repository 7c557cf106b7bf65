import { useEffect } from 'react'

const name = 'serverback'

/** Tells all of the page that a link reaches the server again. */
export const tellServerBack = (): boolean => dispatchEvent(new Event(name))

/** Resolves once the server is there again. */
export const serverBack = (): Promise<unknown> =>
  new Promise((resolve) => addEventListener(name, resolve, { once: true }))

/** Calls back when the server is there again: for what was asked for once, and not answered. */
export function useServerBack(call: () => void): void {
  useEffect(() => {
    addEventListener(name, call)
    return () => removeEventListener(name, call)
  }, [call])
}
