import type { Broker } from '@gamut/server'

/** One broker of the kind that is tested. */
export interface BrokerUnderTest {
  /** Not started yet; on a store of its own that nothing was written to. */
  readonly broker: Broker
  /** Lets so much time pass for the broker: by its virtual clock, or by waiting. */
  advance(ms: number): Promise<void>
  /** Another node's broker on the same store, not started yet. Where there is none, the tests of several nodes are skipped by name. */
  peer?(): Promise<Broker>
  /** Lets go of what `create` took besides; the broker has been closed before. */
  destroy?(): Promise<void>
}

/** How the suite gets at a broker. */
export interface BrokerHarness {
  /** Called once per test. */
  create(): Promise<BrokerUnderTest>
  /** Whether `advance` moves a virtual clock. With `real` the model runs without ages, because nothing says when a step runs. */
  readonly time: 'virtual' | 'real'
  /** How many histories each model test tries. Default 100; the seed of a failure is printed. */
  readonly runs?: number
  /** Tests of the suite that cannot be kept, by title, each with the reason. A title that names no test fails. */
  readonly skips?: Readonly<Record<string, string>>
}
