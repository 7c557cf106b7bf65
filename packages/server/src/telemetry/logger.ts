type Log = (fields: Readonly<Record<string, unknown>>, text: string) => void

/** Where the server writes what an operator should know; pino's own interface fits. Default: nowhere. */
export interface Logger {
  readonly info: Log
  readonly warn: Log
  readonly error: Log
}

/** Keeps nothing. */
export const silentLogger: Logger = { info: () => {}, warn: () => {}, error: () => {} }
