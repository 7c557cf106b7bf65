import type { Database, Value } from './driver.js'

/** What a log says of itself in one row. */
export interface ChannelRow {
  readonly id: number
  readonly closed: number
  readonly head: number
  readonly headTag: number
  /** The entry that retention took last, or 0. */
  readonly base: number
  readonly baseTag: number
  /** Entries up to here are deleted, but for those that the map keeps. */
  readonly deletedTo: number
  /** Sum of the sizes after the base. */
  readonly bytes: number
  readonly keys: number
  /** Keys of publishes that are remembered, and the places that they take. */
  readonly seen: number
  readonly places: number
  readonly checksum: number
}

/** One message as it is stored. A deletion is one without data. */
export interface EntryRow {
  readonly position: number
  readonly tag: number
  readonly time: number
  readonly at: number
  readonly size: number
  readonly checksum: number
  readonly data: string | null
  readonly event: string | null
  readonly key: string | null
  readonly id: string | null
}

/** What is remembered of a publish with a key. */
export interface SeenRow {
  readonly number: number
  readonly at: number
  readonly hash: string
  readonly cursor: string
  readonly messages: string
  readonly places: number
}

const entryColumns = 'position, tag, time, at, size, checksum, data, event, key, id'
const channelColumns = 'closed, head, headTag, base, baseTag, deletedTo, bytes, keys, seen, places, checksum'

/** Prepares statements: for one row, for many, and for what changes, which gives the number of a row that it adds. */
function preparing(database: Database) {
  return {
    one: <Row>(sql: string) => {
      const statement = database.prepare(sql)
      return (...values: readonly Value[]) => (statement.get(...values) ?? undefined) as Row | undefined
    },
    many: <Row>(sql: string) => {
      const statement = database.prepare(sql)
      return (...values: readonly Value[]) => statement.iterate(...values) as Iterable<Row>
    },
    run: (sql: string) => {
      const statement = database.prepare(sql)
      return (...values: readonly Value[]) => Number(statement.run(...values).lastInsertRowid)
    },
  }
}

type Preparing = ReturnType<typeof preparing>

function channelStatements({ one, many, run }: Preparing) {
  return {
    saveClock: run('UPDATE store SET clock = ?, wall = ?'),
    channel: one<ChannelRow>(`SELECT id, ${channelColumns} FROM channels WHERE name = ?`),
    addChannel: run(
      `INSERT INTO channels (name, ${channelColumns}) VALUES (?, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)`,
    ),
    saveChannel: run(
      `UPDATE channels SET (${channelColumns}) = (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) WHERE id = ?`,
    ),
    lastChannel: one<{ id: number | null }>('SELECT max(id) AS id FROM channels'),
    channelsBetween: many<{ name: string }>(
      'SELECT name FROM channels WHERE id > ? AND id <= ? AND (head > deletedTo OR keys > 0 OR seen > 0)',
    ),
  }
}

function entryStatements({ one, many, run }: Preparing) {
  return {
    entry: one<EntryRow>(`SELECT ${entryColumns} FROM entries WHERE channel = ? AND position = ?`),
    entriesAfter: many<EntryRow>(
      `SELECT ${entryColumns} FROM entries WHERE channel = ? AND position > ? ORDER BY position LIMIT ?`,
    ),
    agesAfter: many<{ position: number; tag: number; size: number; at: number }>(
      'SELECT position, tag, size, at FROM entries WHERE channel = ? AND position > ? ORDER BY position',
    ),
    addEntry: run(`INSERT INTO entries (channel, ${entryColumns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`),
    deleteEntry: run('DELETE FROM entries WHERE channel = ? AND position = ?'),
    deleteEntries: run(
      `DELETE FROM entries WHERE channel = ? AND position > ? AND position <= ?
        AND NOT EXISTS (SELECT 1 FROM keys WHERE (keys.channel, keys.position) = (entries.channel, entries.position))`,
    ),
    deleteEntriesFrom: run('DELETE FROM entries WHERE channel = ? AND position >= ?'),
    sumAfter: one<{ bytes: number }>(
      'SELECT coalesce(sum(size), 0) AS bytes FROM entries WHERE channel = ? AND position > ?',
    ),
  }
}

function keyStatements({ one, many, run }: Preparing) {
  return {
    keyPosition: one<{ position: number }>('SELECT position FROM keys WHERE channel = ? AND key = ?'),
    oldestKey: one<{ key: string; position: number; at: number | null }>(
      `SELECT keys.key, keys.position, entries.at FROM keys LEFT JOIN entries USING (channel, position)
        WHERE keys.channel = ? ORDER BY keys.position LIMIT 1`,
    ),
    keysAfter: many<{ key: string; position: number }>(
      'SELECT key, position FROM keys WHERE channel = ? AND position > ? AND position <= ? ORDER BY position LIMIT ?',
    ),
    countKeys: one<{ keys: number }>('SELECT count(*) AS keys FROM keys WHERE channel = ?'),
    addKey: run('INSERT INTO keys (channel, key, position) VALUES (?, ?, ?)'),
    deleteKey: run('DELETE FROM keys WHERE channel = ? AND key = ?'),
    deleteKeysFrom: run('DELETE FROM keys WHERE channel = ? AND position >= ?'),
  }
}

function seenStatements({ one, many, run }: Preparing) {
  return {
    seen: one<SeenRow>('SELECT * FROM seen WHERE channel = ? AND name = ?'),
    allSeen: many<SeenRow>('SELECT * FROM seen WHERE channel = ?'),
    oldestSeen: one<SeenRow>('SELECT * FROM seen WHERE channel = ? ORDER BY number LIMIT 1'),
    addSeen: run(
      'INSERT INTO seen (channel, name, at, hash, cursor, messages, places) VALUES (?, ?, ?, ?, ?, ?, ?)',
    ),
    deleteSeen: run('DELETE FROM seen WHERE number = ?'),
  }
}

/** Every statement of a store, prepared once. */
export function prepareStatements(database: Database) {
  const prepare = preparing(database)
  return {
    ...channelStatements(prepare),
    ...entryStatements(prepare),
    ...keyStatements(prepare),
    ...seenStatements(prepare),
  }
}

/** The statements of one store. */
export type Statements = ReturnType<typeof prepareStatements>
