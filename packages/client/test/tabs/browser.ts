import type { TabsBrowser } from '@gamut/client/tabs'

interface Request {
  readonly tab: object
  readonly grant: () => void
  readonly lose: (error: unknown) => void
}

const aborted = () => Object.assign(new Error('aborted'), { name: 'AbortError' })

/** One browser's locks and channels in memory. What happens in it is done once all microtasks are. */
export class TestBrowser {
  readonly #waiting = new Map<string, Request[]>()
  readonly #held = new Map<string, Request>()
  readonly #channels = new Set<{ readonly tab: object; name: string; hear(data: string): void }>()
  readonly #still = new Map<object, (() => void)[]>()
  /** All that was posted, and by which tab. */
  readonly posts: { readonly tab: object; readonly data: string }[] = []

  /** What one tab sees of it. */
  tab(tab: object): TabsBrowser {
    const { locks, BroadcastChannel } = {
      locks: { request: this.#request(tab) },
      BroadcastChannel: this.#channel(tab),
    }
    return { locks, BroadcastChannel } as unknown as TabsBrowser
  }

  /** Nothing reaches a tab until it is woken. */
  stop(tab: object): void {
    this.#still.set(tab, this.#still.get(tab) ?? [])
  }

  wake(tab: object): void {
    const calls = this.#still.get(tab) ?? []
    this.#still.delete(tab)
    for (const call of calls) this.#tell(tab, call)
  }

  /** A tab is gone without a word. */
  crash(tab: object): void {
    for (const channel of this.#channels) if (channel.tab === tab) this.#channels.delete(channel)
    for (const [name, waiting] of this.#waiting)
      this.#waiting.set(
        name,
        waiting.filter((one) => one.tab !== tab),
      )
    for (const [name, held] of this.#held) if (held.tab === tab) this.#release(name, held)
  }

  #tell(tab: object, call: () => void): void {
    queueMicrotask(() => {
      const unheard = this.#still.get(tab)
      if (unheard) unheard.push(call)
      else call()
    })
  }

  #release(name: string, held: Request): void {
    if (this.#held.get(name) !== held) return
    this.#held.delete(name)
    const [next, ...rest] = this.#waiting.get(name) ?? []
    this.#waiting.set(name, rest)
    if (!next) return
    this.#held.set(name, next)
    this.#tell(next.tab, next.grant)
  }

  #request(tab: object) {
    return (
      name: string,
      { signal, steal }: { signal?: AbortSignal; steal?: boolean },
      call: () => Promise<void>,
    ) =>
      new Promise((resolve, reject) => {
        const own: Request = {
          tab,
          grant: () =>
            void call().then((value) => {
              this.#release(name, own)
              resolve(value)
            }),
          lose: reject,
        }
        const waiting = this.#waiting.get(name) ?? []
        const held = this.#held.get(name)
        if (steal && held) this.#tell(held.tab, () => held.lose(aborted()))
        if (steal || !held) {
          this.#held.set(name, own)
          this.#tell(tab, own.grant)
          return
        }
        this.#waiting.set(name, [...waiting, own])
        signal?.addEventListener('abort', () => {
          const queue = this.#waiting.get(name) ?? []
          if (!queue.includes(own)) return
          this.#waiting.set(
            name,
            queue.filter((one) => one !== own),
          )
          reject(aborted())
        })
      })
  }

  #channel(tab: object) {
    const browser = this
    return class {
      onmessage: ((event: { data: string }) => void) | undefined
      readonly #own: { tab: object; name: string; hear(data: string): void }

      constructor(name: string) {
        this.#own = { tab, name, hear: (data) => this.onmessage?.({ data }) }
        browser.#channels.add(this.#own)
      }

      postMessage(data: string): void {
        browser.posts.push({ tab, data })
        for (const other of browser.#channels)
          if (other !== this.#own && other.name === this.#own.name)
            browser.#tell(other.tab, () => browser.#channels.has(other) && other.hear(data))
      }

      close(): void {
        browser.#channels.delete(this.#own)
      }
    }
  }
}
