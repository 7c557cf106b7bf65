import type { LogSettings } from '@gamut/server'
import fc from 'fast-check'
import type { BrokerCase, BrokerRig } from './broker-rig.js'
import type { ModelAppend, ModelMessage } from './log-model.js'
import { ModelRun, type ModelStep } from './model-run.js'

type Ages = 'none' | 'log' | 'keys'

const maxSteps = 40
const limit = fc.record({
  count: fc.integer({ min: 1, max: 4 }),
  bytes: fc.constantFrom(1, 8, 30, 1_000_000),
})
const data = fc.constantFrom('1', '2', '"three"', '"twenty bytes of data"')

// Few names, so that keys change, ids repeat and contents conflict.
const message: fc.Arbitrary<ModelMessage> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ data, key: fc.constantFrom('a', 'b', 'c', 'd', 'e') }) },
  { weight: 1, arbitrary: fc.record({ data }) },
  { weight: 1, arbitrary: fc.record({ data, id: fc.constantFrom('i', 'j', 'k') }) },
  {
    weight: 1,
    arbitrary: fc.record({
      key: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
      deleted: fc.constant(true as const),
    }),
  },
)

const append: fc.Arbitrary<ModelAppend> = fc
  .record({
    publisher: fc.constantFrom('p', 'q'),
    messages: fc.array(message, { minLength: 1, maxLength: 4 }),
    once: fc.option(fc.constantFrom('x', 'y'), { freq: 4 }),
    ends: fc.integer({ min: 0, max: 60 }),
  })
  .map(({ publisher, messages, once, ends }) => ({
    publisher,
    messages: ends === 1 ? [] : messages,
    ...(once !== null && { once }),
    ...(ends <= 1 && { close: true as const }),
  }))

const readStep: fc.Arbitrary<ModelStep> = fc.oneof(
  fc.record({ kind: fc.constant('read' as const), held: fc.nat(1_000), limit }),
  fc.record({ kind: fc.constant('follow' as const), reader: fc.nat(1), limit }),
  fc.record({ kind: fc.constant('last' as const), last: fc.nat(6), limit }),
  fc.record({
    kind: fc.constant('stray' as const),
    held: fc.nat(1_000),
    what: fc.constantFrom('epoch', 'tag', 'above'),
  }),
)

/** Ages end in 7 and steps in 0, so that nothing falls due in the very instant in which it is looked at. */
const advance: fc.Arbitrary<ModelStep> = fc.record({
  kind: fc.constant('advance' as const),
  ms: fc.integer({ min: 1, max: 50 }).map((tenths) => tenths * 100),
})

function stepsOf(ages: Ages): fc.Arbitrary<ModelStep[]> {
  const write = fc.record({ kind: fc.constant('append' as const), append })
  const steps = [
    { weight: 4, arbitrary: write },
    { weight: 5, arbitrary: readStep },
  ]
  const all = ages === 'none' ? steps : [...steps, { weight: 2, arbitrary: advance }]
  return fc.array(fc.oneof(...all), { maxLength: maxSteps, size: 'max' })
}

function settingsOf(ages: Ages): fc.Arbitrary<LogSettings> {
  const never = Number.POSITIVE_INFINITY
  return fc.record({
    retention: fc.record({
      count: fc.constantFrom(1, 2, 5, 1_000),
      bytes: fc.constantFrom(10, 40, 1_000_000),
      ageMs: fc.constant(ages === 'log' ? 4_997 : never),
    }),
    keyed: fc.record({
      maxKeys: fc.constantFrom(1, 2, 4, 100),
      ageMs: fc.constant(ages === 'keys' ? 4_997 : never),
    }),
    volatile: fc.integer({ min: 0, max: 9 }).map((number) => number === 0),
    idempotency: fc.constant({ windowMs: 3_600_000, maxKeys: 1_000 }),
  })
}

/** A failure prints its seed and its shortest history. */
async function checkHistories(rig: BrokerRig, ages: Ages, keyed: boolean): Promise<void> {
  const property = fc.asyncProperty(settingsOf(ages), stepsOf(ages), async (drawn, steps) => {
    const { keyed: keys, ...rest } = drawn
    const settings = keyed ? drawn : rest
    await new ModelRun(rig, rig.channel({ ...rest, ...(keyed && keys && { keyed: keys }) }), settings).run(
      steps,
    )
  })
  await fc.assert(property, { numRuns: rig.runs })
}

/** Random histories on the broker and on a model of the contract. */
export const modelCases: readonly BrokerCase[] = [
  {
    title: 'gives after any cursor the exact suffix or a gap, whatever came before (I2, I3, I5, I7, I10)',
    run: (rig) => checkHistories(rig, 'none', false),
  },
  {
    title: 'folds snapshot and log to the map, whatever changes between two pages (§5)',
    run: (rig) => checkHistories(rig, 'none', true),
  },
  {
    title: 'gives the exact suffix or a gap while messages pass their age (I5, I7)',
    virtual: true,
    run: (rig) => checkHistories(rig, 'log', true),
  },
  {
    title: 'folds snapshot and log to the map while keys pass their age (§5)',
    virtual: true,
    run: (rig) => checkHistories(rig, 'keys', true),
  },
]
