import { GamutError } from '../../error.js'
import type { Limits } from '../../options.js'
import type { Logger } from '../../telemetry/logger.js'
import type { Slots } from './slots.js'

/** What a runtime measures in a second of its process. */
export interface Load {
  /** By how much the event loop was late in the mean, in milliseconds. */
  readonly delayMs: number
  /** How much of the memory that it may have is taken, in percent. */
  readonly memoryPercent: number
}

/** How much is turned away: nothing, or new held reads and publishes, or polls too. */
export type OverloadLevel = 0 | 1 | 2

/** A delay so many times the mark turns polls away too. */
const severe = 4

/** Whether a value has been at its mark, or later well below it, for so many samples in a row. */
class Sustained {
  isOn = false
  readonly #on: number
  readonly #off: number
  readonly #samples: number
  #against = 0

  constructor({ on, off, samples }: { on: number; off: number; samples: number }) {
    this.#on = on
    this.#off = off
    this.#samples = samples
  }

  sample(value: number): void {
    const isAgainst = this.isOn ? value < this.#off : value >= this.#on
    this.#against = isAgainst ? this.#against + 1 : 0
    if (this.#against < this.#samples) return
    this.isOn = !this.isOn
    this.#against = 0
  }
}

/** Decides by what the process has to do whether it takes more (PROTOCOL §10). One busy second is no overload. */
export class Overload {
  readonly #slots: Slots
  readonly #logger: Logger
  readonly #delay: Sustained
  readonly #severeDelay: Sustained
  readonly #memory: Sustained

  constructor(parts: {
    readonly slots: Slots
    readonly logger: Logger
    readonly limits: Pick<Limits, 'overloadDelayMs' | 'overloadMemoryPercent' | 'overloadAfterMs'>
  }) {
    const { overloadDelayMs: delayMs, overloadMemoryPercent: percent, overloadAfterMs } = parts.limits
    const samples = Math.max(1, Math.round(overloadAfterMs / 1000))
    this.#slots = parts.slots
    this.#logger = parts.logger
    this.#delay = new Sustained({ on: delayMs, off: delayMs / 2, samples })
    this.#severeDelay = new Sustained({ on: severe * delayMs, off: (severe * delayMs) / 2, samples })
    this.#memory = new Sustained({ on: percent, off: percent * 0.9, samples })
  }

  /** Why less is taken; `undefined` while all is well. */
  get reason(): 'event loop' | 'memory' | undefined {
    if (this.#delay.isOn) return 'event loop'
    return this.#memory.isOn ? 'memory' : undefined
  }

  get level(): OverloadLevel {
    if (this.#severeDelay.isOn) return 2
    return this.reason ? 1 : 0
  }

  /** Takes what was measured; once a second. */
  sample({ delayMs, memoryPercent }: Load): void {
    const before = this.level
    this.#delay.sample(delayMs)
    this.#severeDelay.sample(delayMs)
    this.#memory.sample(memoryPercent)
    if (this.level === before) return
    const fields = { level: this.level, reason: this.reason, delayMs, memoryPercent }
    if (this.level > 0) this.#logger.warn(fields, 'overloaded: new readers and publishes are sent away')
    else this.#logger.info(fields, 'not overloaded any more')
  }

  /** Throws `overloaded` where what begins at this level is turned away. */
  refuseFrom(level: Exclude<OverloadLevel, 0>): void {
    if (this.level < level) return
    throw new GamutError(
      'overloaded',
      'The server is too busy just now. Come back as told.',
      this.#slots.take(),
    )
  }
}
