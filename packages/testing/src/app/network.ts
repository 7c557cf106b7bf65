import type { Clock, Gamut } from '@gamut/server'
import { Line, type LineEnds } from './line.js'
import type { Page } from './page.js'
import type { Rest } from './rest.js'
import { isOn, type On, type Rule, type Way, Weather } from './weather.js'

/** What a network needs of its world. */
export interface NetworkParts {
  readonly clock: Clock
  readonly rest: Rest
  readonly origin: string
  /** The node that runs now, if one does. */
  node(): Gamut | undefined
}

/** Everything between pages and the server. */
export class Network {
  readonly weather: Weather
  readonly #lines = new Set<Line>()
  readonly parts: NetworkParts
  readonly #ofPages = new Map<Page, Weather>()

  constructor(parts: NetworkParts) {
    this.parts = parts
    this.weather = new Weather(() => this.pump())
  }

  /** The faults of one page's network alone. */
  weatherOf(page: Page): Weather {
    const known = this.#ofPages.get(page) ?? new Weather(() => this.pump())
    this.#ofPages.set(page, known)
    return known
  }

  /** Whether a page could reach the server now: its node, if it can, or why not. */
  reach(page: Page, origin: string): Gamut | undefined {
    return origin === this.parts.origin && !page.isOffline() ? this.parts.node() : undefined
  }

  find(page: Page, kind: Rule['kind'], way: Way): Rule | undefined {
    return this.weatherOf(page).find(kind, way) ?? this.weather.find(kind, way)
  }

  connect(page: Page, way: Way, ends: LineEnds, drained: () => void = () => {}): Line {
    const { clock, rest } = this.parts
    const line: Line = new Line(
      {
        clock,
        rest,
        way,
        page,
        find: (kind) => this.find(page, kind, way),
        take: (kind, as = way) => this.weatherOf(page).take(kind, as) ?? this.weather.take(kind, as),
        over: () => this.#lines.delete(line),
      },
      ends,
      drained,
    )
    this.#lines.add(line)
    return line
  }

  /** What is open, of one page or of all. */
  open(on: On = {}, page?: Page): readonly Line[] {
    return [...this.#lines].filter((line) => isOn(on, line.way) && (page === undefined || line.page === page))
  }

  /** Lets go on what a fault has kept back. */
  pump(): void {
    for (const line of this.#lines) line.pump()
  }
}
