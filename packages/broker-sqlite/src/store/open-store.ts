import { randomBytes } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { type Database, findDriver, type OpenDatabase, primaryCode } from './driver.js'
import { applicationId, formatVersion, schema } from './schema.js'
import { prepareStatements, type Statements } from './statements.js'

/** What an acknowledgement waits for: synced, or written and synced a little later, or written. */
export type Sync = 'full' | 'batched' | 'off'

/** Which file, and how it is written. */
export interface StoreOptions {
  readonly file: string
  readonly sync: Sync
  readonly syncEveryMs: number
}

/** A store's file, open for this process alone. */
export interface OpenFile {
  readonly database: Database
  readonly statements: Statements
  readonly epoch: string
  /** The age that the store had when it was last written, and the wall's time then. */
  readonly clock: number
  readonly wall: number
  close(): void
}

// A statement that has no sense: the tables are not as they were made.
const strange = 1
const busy = 5
const corrupt = 11
const notDatabase = 26

/** Opens a store, which is made if it is not there. Throws an error that says what to do. */
export function openFile({ file, sync }: StoreOptions): OpenFile {
  const open = findDriver()
  mkdirSync(dirname(file), { recursive: true })
  const lock = takeLock(open, file)
  let database: Database | undefined
  try {
    database = open(file)
    prepareFile(database, file, sync)
    const store = database.prepare('SELECT epoch, clock, wall FROM store').get()
    const { epoch, clock, wall } = store as { epoch: string; clock: number; wall: number }
    const opened = database
    const close = () => {
      opened.close()
      lock.close()
    }
    return { database, statements: prepareStatements(database), epoch, clock, wall, close }
  } catch (error) {
    database?.close()
    lock.close()
    throw explain(error, file)
  }
}

/**
 * One process writes a store. The kernel gives the lock back when the process ends, however it ends, so none is ever
 * stale. It is on a file of its own, so that others may still read and copy the store.
 */
function takeLock(open: OpenDatabase, file: string): Database {
  const lock = open(`${file}-lock`)
  try {
    lock.exec('BEGIN EXCLUSIVE')
    return lock
  } catch (error) {
    lock.close()
    if (primaryCode(error) !== busy) throw explain(error, `${file}-lock`)
    throw new Error(
      `${file} is in use by ${writerOf(open, file)}: one process at a time writes a Gamut database. Stop that one first, or give this one a file of its own.`,
    )
  }
}

function writerOf(open: OpenDatabase, file: string): string {
  try {
    const database = open(file, { readOnly: true })
    try {
      const row = database.prepare('SELECT writer FROM store').get() as { writer: number } | undefined
      return row ? `process ${row.writer}` : 'another process'
    } finally {
      database.close()
    }
  } catch {
    return 'another process'
  }
}

function prepareFile(database: Database, file: string, sync: Sync): void {
  const number = (name: string) =>
    Number(Object.values(database.prepare(`PRAGMA ${name}`).get() as object)[0])
  const tables = database.prepare('SELECT count(*) AS count FROM sqlite_schema').get() as { count: number }
  const isNew = tables.count === 0 && number('user_version') === 0 && number('application_id') === 0
  if (!isNew && number('application_id') !== applicationId) throw new NoStore(file)
  const version = isNew ? formatVersion : number('user_version')
  if (version !== formatVersion) {
    throw new Error(
      `${file} is a Gamut database of format ${version}, and this release reads and writes format ${formatVersion}. Run the release that wrote it, or move the file away and start with a new one: its readers are told "gap epoch" then.`,
    )
  }
  // Of no effect but on a new file, and there only before anything else is written.
  database.exec('PRAGMA auto_vacuum = INCREMENTAL')
  const mode = database.prepare('PRAGMA journal_mode = WAL').get() as { journal_mode: string }
  if (mode.journal_mode !== 'wal') {
    throw new Error(
      `${file} is on a file system where SQLite cannot keep a write-ahead log. Put it on a local disk.`,
    )
  }
  database.exec(`PRAGMA synchronous = ${sync === 'full' ? 'FULL' : 'NORMAL'}`)
  database.exec(
    'PRAGMA journal_size_limit = 16777216; PRAGMA wal_autocheckpoint = 2000; PRAGMA temp_store = MEMORY',
  )
  database.exec('PRAGMA cache_size = -32768')
  if (isNew) create(database)
  database.prepare('UPDATE store SET writer = ?').run(process.pid)
}

function create(database: Database): void {
  database.exec('BEGIN IMMEDIATE')
  database.exec(schema)
  database.exec(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${formatVersion}`)
  const epoch = BigInt(`0x${randomBytes(8).toString('hex')}`).toString(36)
  database
    .prepare('INSERT INTO store (epoch, clock, wall, writer) VALUES (?, 0, ?, 0)')
    .run(epoch, Date.now())
  database.exec('COMMIT')
}

class NoStore extends Error {
  constructor(file: string) {
    super(`${file} is no Gamut database. Name another file, or move this one away.`)
  }
}

function explain(error: unknown, file: string): Error {
  const code = primaryCode(error)
  const said = error instanceof Error ? error.message : String(error)
  if (code === 0 && error instanceof Error) return error
  if (code === notDatabase) return new NoStore(file)
  if (code === corrupt || code === strange) return new Error(damagedText(file, said))
  return new Error(`${file} cannot be opened: SQLite says "${said}".`)
}

/** What to do about a file whose structure is broken. */
export function damagedText(file: string, said: string): string {
  return `${file} is damaged ("${said}"). Stop the server and restore a backup, or keep what "sqlite3 ${file} .recover" finds, or move the file away and start with a new one: readers are told "gap epoch" then.`
}
