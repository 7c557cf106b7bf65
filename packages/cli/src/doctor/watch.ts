import type { Stream } from './path.js'

/** A stream that is read to its end, with the times of what came. */
export interface Watched {
  /** When a text was first there, in milliseconds since it was asked for; `undefined` if not within `withinMs` from now. */
  sees(mark: string | RegExp, withinMs: number): Promise<number | undefined>
  /** All that came so far. */
  text(): string
  /** When the last piece came, in milliseconds since it was asked for. */
  lastMs(): number
  /** Resolves once nothing more comes. */
  readonly over: Promise<void>
}

/** Reads a stream on, whoever waits for something in it. */
export function watch({ pieces, askedAt }: Stream): Watched {
  let text = ''
  let lastMs = 0
  let isOver = false
  const checks = new Set<() => void>()
  const changed = () => {
    for (const check of checks) check()
  }
  const read = async () => {
    for await (const piece of pieces) {
      text += piece
      lastMs = performance.now() - askedAt
      changed()
    }
    isOver = true
    changed()
  }
  const sees = (mark: string | RegExp, withinMs: number) =>
    new Promise<number | undefined>((resolve) => {
      const settle = (at: number | undefined) => {
        checks.delete(check)
        clearTimeout(limit)
        resolve(at)
      }
      const check = () => {
        if (typeof mark === 'string' ? text.includes(mark) : mark.test(text))
          settle(performance.now() - askedAt)
        else if (isOver) settle(undefined)
      }
      const limit = setTimeout(() => settle(undefined), withinMs)
      checks.add(check)
      check()
    })
  return { sees, text: () => text, lastMs: () => lastMs, over: read() }
}
