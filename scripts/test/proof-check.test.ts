import { describe, expect, it } from 'vitest'
import { checkRun, lostOf, type Run } from '../proof/check.mjs'
import { type Entry, Recording, type Told } from '../proof/recording.mjs'

const entry = (cursor: string): Entry => ({ cursor, data: `{"n":"${cursor}"}` })
const message = (cursor: string): Told => ({ kind: 'message', ...entry(cursor) })
const gap = (reason: string, cursor: string): Told => ({ kind: 'gap', gap: { reason, cursor } })
const range = (epoch: string, from: number, to: number, tag: string) =>
  Array.from({ length: to - from + 1 }, (_, index) => `${epoch}.${from + index}.${tag}`)

/** The first life loses 7 and 8 to a replica that was promoted, the whole of it to an empty start. */
const kept = range('A', 1, 6, 'x')
const lostTail = range('A', 7, 8, 'x')
const anew = range('A', 7, 9, 'y')
const second = range('B', 1, 5, 'z')

/** A reader of a stream that lives through both, and is given all anew after the first. */
const through: readonly Told[] = [
  ...[...kept, ...lostTail].map(message),
  gap('diverged', 'A.0.0'),
  ...[...kept, ...anew].map(message),
  gap('epoch', 'B.0.0'),
  ...second.map(message),
]

/** One that was away while the tail was written and lost: to it nothing is missing before the empty start. */
const away: readonly Told[] = [
  ...[...kept, ...anew].map(message),
  gap('epoch', 'B.0.0'),
  ...second.map(message),
]

const acknowledged = [...kept, ...lostTail, ...anew, ...second]

type Plant = (told: Told[]) => Told[]

function runOf(plant: Plant = (told) => told, changes: Partial<Run> = {}): Run {
  const readers = [plant([...through]), [...through], [...away]].map((told, index) => {
    const recording = new Recording()
    for (const one of told) recording.take(one)
    return { name: `reader ${index + 1}`, entries: recording.entries, losses: recording.losses }
  })
  const named = new Map([
    ...[...kept, ...anew].map((cursor) => [cursor, 'epoch'] as const),
    ...lostTail.map((cursor) => [cursor, 'diverged'] as const),
  ])
  return { readers, acknowledged: acknowledged.map(entry), log: second.map(entry), named, ...changes }
}

const rulesOf = (run: Run) => [...new Set(checkRun(run).map(({ rule }) => rule))]

const at = (told: readonly Told[], cursor: string, from = 0) =>
  told.findIndex((one, index) => index >= from && one.kind === 'message' && one.cursor === cursor)

describe('the checker of the proof', () => {
  it('has nothing to say of an honest run, in which a tail and then all is lost and told', () => {
    expect(checkRun(runOf())).toEqual([])
    expect(lostOf(runOf())).toHaveLength(11)
  })

  it('chains what a reader holds, so that equal chains are equal logs', () => {
    const chains = [through, away].map((told) => {
      const recording = new Recording()
      for (const one of told) recording.take(one)
      return recording.chainAt(5)
    })
    expect(chains[0]).toMatch(/^[0-9a-f]{8}$/)
    expect(chains[1]).toBe(chains[0])
  })

  it.each<[string, string, Plant]>([
    ['a message is dropped', 'lost', (told) => told.toSpliced(at(told, 'B.3.z'), 1)],
    ['the last message is dropped', 'lost', (told) => told.toSpliced(at(told, 'B.5.z'), 1)],
    ['the first messages are dropped', 'lost', (told) => told.toSpliced(at(told, 'B.1.z'), 2)],
    ['a message comes twice', 'repeated', (told) => told.toSpliced(at(told, 'B.3.z'), 0, message('B.2.z'))],
    [
      'two messages are swapped',
      'order',
      (told) => told.toSpliced(at(told, 'B.2.z'), 2, message('B.3.z'), message('B.2.z')),
    ],
    [
      'a message is none of the log',
      'foreign',
      (told) => told.toSpliced(at(told, 'B.3.z'), 0, message('B.9.q')),
    ],
    ['a message is dropped that is lost later', 'lost', (told) => told.toSpliced(at(told, 'A.4.x'), 1)],
    [
      'a lost message is passed over after a gap was told',
      'lost',
      (told) => told.toSpliced(at(told, 'A.8.y'), 1),
    ],
    [
      'an empty start is passed over in silence',
      'foreign',
      (told) => told.filter((one) => one.kind !== 'gap' || one.gap.reason !== 'epoch'),
    ],
    [
      'a lost tail is passed over in silence',
      'lost',
      (told) => {
        const told1 = told.filter((one) => one.kind !== 'gap' || one.gap.reason !== 'diverged')
        return told1.toSpliced(at(told1, 'A.1.x', 3), 6)
      },
    ],
    [
      'a gap is told where nothing is lost',
      'false gap',
      (told) => [...told, gap('diverged', 'B.0.0'), ...second.map(message)],
    ],
    [
      'other data came under the same cursor',
      'agreement',
      (told) => told.toSpliced(at(told, 'B.3.z'), 1, { kind: 'message', cursor: 'B.3.z', data: '0' }),
    ],
  ])('finds that %s', (_, rule, plant) => {
    expect(rulesOf(runOf(plant))).toContain(rule)
  })

  it('finds an acknowledged message that is gone and whose cursor goes on as if nothing were', () => {
    const named = new Map([...runOf().named, ['A.8.x', 'resumed']])
    expect(rulesOf(runOf(undefined, { named }))).toEqual(['unnamed loss'])
  })

  it('finds a message that is in the log twice', () => {
    const twice = { cursor: 'B.6.z', data: entry('B.2.z').data }
    const told = (all: Told[]): Told[] => [...all, { kind: 'message', ...twice }]
    expect(rulesOf(runOf(told, { log: [...second.map(entry), twice] }))).toContain('entered twice')
  })
})
