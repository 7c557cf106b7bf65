import { createRequire } from 'node:module'

/** What a column holds here. */
export type Value = string | number | null

/** One prepared statement: what `node:sqlite` and `better-sqlite3` have in common. */
export interface Statement {
  get(...values: readonly Value[]): unknown
  all(...values: readonly Value[]): unknown[]
  iterate(...values: readonly Value[]): Iterable<unknown>
  run(...values: readonly Value[]): { readonly lastInsertRowid: number | bigint }
}

/** One connection. */
export interface Database {
  exec(sql: string): unknown
  prepare(sql: string): Statement
  close(): unknown
}

type Constructor = new (file: string, options: Record<string, unknown>) => Database

/** Opens a file, which is made if it is not there, unless it is only to be read. */
export type OpenDatabase = (file: string, options?: { readonly readOnly?: boolean }) => Database

/** SQLite as this runtime has it: its own, else the package `better-sqlite3`. */
export function findDriver(): OpenDatabase {
  const own = process.getBuiltinModule?.('node:sqlite')
  if (own) return (file, { readOnly = false } = {}) => new own.DatabaseSync(file, { readOnly }) as Database
  const Installed = requireInstalled()
  return (file, { readOnly = false } = {}) => new Installed(file, { readonly: readOnly, timeout: 0 })
}

function requireInstalled(): Constructor {
  try {
    return createRequire(import.meta.url)('better-sqlite3') as Constructor
  } catch (error) {
    const why = error instanceof Error ? error.message.split('\n')[0] : String(error)
    throw new Error(
      `Node ${process.versions.node} has no SQLite of its own: take Node 22.13 or newer, or install better-sqlite3 (npm install better-sqlite3@12). Loading it said: ${why}`,
    )
  }
}

const codes: Readonly<Record<string, number>> = {
  SQLITE_BUSY: 5,
  SQLITE_READONLY: 8,
  SQLITE_IOERR: 10,
  SQLITE_CORRUPT: 11,
  SQLITE_FULL: 13,
  SQLITE_CANTOPEN: 14,
  SQLITE_NOTADB: 26,
  SQLITE_IOERR_WRITE: 778,
  SQLITE_IOERR_FSYNC: 1034,
  SQLITE_IOERR_DIR_FSYNC: 1290,
}

/** SQLite's extended result code of an error; 0 for an error that is not SQLite's. */
export function resultCode(error: unknown): number {
  if (!(error instanceof Error)) return 0
  const { errcode, code } = error as Error & { readonly errcode?: number; readonly code?: string }
  if (errcode !== undefined) return errcode
  if (!code?.startsWith('SQLITE_')) return 0
  return codes[code] ?? codes[code.split('_').slice(0, 2).join('_')] ?? 1
}

/** The code without its details. */
export function primaryCode(error: unknown): number {
  return resultCode(error) & 0xff
}
