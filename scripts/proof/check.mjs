// @ts-check

/**
 * @typedef {import('./recording.mjs').Entry} Entry
 * @typedef {import('./recording.mjs').Loss} Loss
 *
 * A run once all has come to rest: what each reader held and was told, what was acknowledged in its order, what is in the
 * log, and what the log says to who comes with the cursor of an acknowledged message that it does not have.
 * @typedef {object} Run
 * @property {readonly { name: string, entries: readonly Entry[], losses: readonly Loss[] }[]} readers
 * @property {readonly Entry[]} acknowledged
 * @property {readonly Entry[]} log
 * @property {ReadonlyMap<string, string>} named the reason of the gap by the cursor of a lost message
 *
 * @typedef {{ who: string, rule: 'lost' | 'repeated' | 'order' | 'foreign' | 'unnamed loss' | 'false gap' | 'entered twice' | 'agreement' | 'crashed' | 'gave up', says: string }} Violation
 */

/** The reasons by which a log says that it has gone back. */
const ownLosses = new Set(['epoch', 'diverged'])

/**
 * Names everything that was lost without a word, repeated, out of order, or told differently to two readers.
 * @param {Run} run
 * @returns {Violation[]}
 */
export function checkRun(run) {
  const lives = [...run.readers.flatMap(livesOf), ...livesOfAcknowledged(run.acknowledged)]
  return [
    ...run.readers.flatMap(({ name, entries }) => compare(name, entries, run.log)),
    ...run.readers.flatMap((reader) => checkGaps(reader, run.log)),
    ...checkLives(lives),
    ...checkAgreement([...lives, { who: 'the log', entries: run.log }]),
    ...checkAcknowledged(run),
  ]
}

/** The acknowledged messages that the log does not have any more. */
export function lostOf(/** @type {Pick<Run, 'acknowledged' | 'log'>} */ { acknowledged, log }) {
  const kept = new Set(log.map(({ cursor }) => cursor))
  return acknowledged.filter(({ cursor }) => !kept.has(cursor))
}

/**
 * What a reader holds in the end is the log: the first place where it is not says what went wrong.
 * @param {string} who
 * @param {readonly Entry[]} entries
 * @param {readonly Entry[]} log
 * @returns {Violation[]}
 */
function compare(who, entries, log) {
  const at = differenceOf(entries, log)
  const got = entries[at]
  const due = log[at]
  if (!got && !due) return []
  if (!got) return [{ who, rule: 'lost', says: `it ends before ${due?.cursor}, which the log has` }]
  if (entries.findIndex(({ cursor }) => cursor === got.cursor) < at)
    return [{ who, rule: 'repeated', says: `${got.cursor} came again` }]
  if (!log.some(({ cursor }) => cursor === got.cursor))
    return [
      {
        who,
        rule: 'foreign',
        says: `it holds ${got.cursor}, which the log does not have, and was told no gap`,
      },
    ]
  if (due && entries.some(({ cursor }) => cursor === due.cursor))
    return [{ who, rule: 'order', says: `${got.cursor} came before ${due.cursor}` }]
  return [{ who, rule: 'lost', says: `${due?.cursor} is missing before ${got.cursor}, without a gap` }]
}

function differenceOf(/** @type {readonly Entry[]} */ one, /** @type {readonly Entry[]} */ other) {
  let at = 0
  while (at < one.length && one[at]?.cursor === other[at]?.cursor) at += 1
  return at
}

/**
 * What somebody held of one life of the log, from its beginning.
 * @typedef {{ who: string, entries: readonly Entry[] }} Life
 * @returns {Life[]}
 */
function livesOf(/** @type {Run['readers'][number]} */ { name, entries, losses }) {
  return [...losses.map((loss) => loss.entries), entries].map((held) => ({ who: name, entries: held }))
}

/**
 * The same of the publisher, to whom an offset that is used again says that the log has gone back.
 * @param {readonly Entry[]} acknowledged
 * @returns {Life[]}
 */
function livesOfAcknowledged(acknowledged) {
  /** @type {Entry[][]} */
  const lives = [[]]
  for (const entry of acknowledged) {
    const life = /** @type {Entry[]} */ (lives.at(-1))
    const { epoch, offset } = placeOf(entry)
    const last = life.at(-1)
    if (!last || (placeOf(last).epoch === epoch && placeOf(last).offset < offset)) life.push(entry)
    else
      lives.push([
        ...life.filter((one) => placeOf(one).epoch === epoch && placeOf(one).offset < offset),
        entry,
      ])
  }
  return lives.map((entries) => ({ who: 'the publisher', entries }))
}

/**
 * Two that have read the same life hold the same, as far as both have come, or their ways part where the log went back,
 * and meet never again: an entry that both have after they differ was passed over, repeated or swapped by one of them.
 * @param {readonly Life[]} lives
 * @returns {Violation[]}
 */
function checkLives(lives) {
  return lives.flatMap((one, index) =>
    lives.slice(index + 1).flatMap((other) => {
      const at = differenceOf(one.entries, other.entries)
      const rest = new Set(one.entries.slice(at).map(({ cursor }) => cursor))
      const shared = other.entries.slice(at).find(({ cursor }) => rest.has(cursor))
      if (!shared) return []
      const places = `${one.entries[at]?.cursor} and ${other.entries[at]?.cursor}`
      const says = `at one place they have ${places}, and both have ${shared.cursor} later`
      return [{ who: `${one.who} and ${other.who}`, rule: /** @type {const} */ ('lost'), says }]
    }),
  )
}

/**
 * One cursor names one message, whoever is asked.
 * @param {readonly Life[]} lives
 * @returns {Violation[]}
 */
function checkAgreement(lives) {
  /** @type {Map<string, string>} */
  const known = new Map()
  return lives.flatMap(({ who, entries }) =>
    entries.flatMap(({ cursor, data }) => {
      const first = known.get(cursor) ?? data
      known.set(cursor, first)
      if (first === data) return []
      return [
        {
          who,
          rule: /** @type {const} */ ('agreement'),
          says: `${cursor} is ${data} here and ${first} elsewhere`,
        },
      ]
    }),
  )
}

/**
 * Who is told that the log went back has held something that it does not have any more.
 * @param {Run['readers'][number]} reader
 * @param {readonly Entry[]} log
 * @returns {Violation[]}
 */
function checkGaps({ name, losses }, log) {
  const kept = new Set(log.map(({ cursor }) => cursor))
  return losses
    .filter(({ entries }) => entries.length > 0 && entries.every(({ cursor }) => kept.has(cursor)))
    .map(({ reason, entries }) => ({
      who: name,
      rule: /** @type {const} */ ('false gap'),
      says: `it was told ${reason} at ${entries.at(-1)?.cursor}, and the log has all of it`,
    }))
}

/**
 * @param {Run} run
 * @returns {Violation[]}
 */
function checkAcknowledged(run) {
  const unnamed = lostOf(run).filter(({ cursor }) => !ownLosses.has(run.named.get(cursor) ?? ''))
  const twice = run.log.filter(({ data }, index) => run.log.findIndex((one) => one.data === data) < index)
  return [
    ...unnamed.map(({ cursor }) => ({
      who: 'the log',
      rule: /** @type {const} */ ('unnamed loss'),
      says: `${cursor} was acknowledged, is not there, and who holds it is told "${run.named.get(cursor)}"`,
    })),
    ...twice.map(({ cursor, data }) => ({
      who: 'the log',
      rule: /** @type {const} */ ('entered twice'),
      says: `${data} is there again at ${cursor}`,
    })),
  ]
}

function placeOf(/** @type {Entry} */ { cursor }) {
  const [epoch = '', offset] = cursor.split('.')
  return { epoch, offset: Number(offset) }
}
