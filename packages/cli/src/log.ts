import { type Logger, pino } from 'pino'

/** Structured logs on standard error, one JSON object a line, written at once so that the last line before an end is there. */
export function createLog(level: string): Logger {
  return pino({ level, base: null }, pino.destination({ dest: 2, sync: true }))
}
