/** What ends the command with a message for whoever typed it, and no stack. */
export class Failure extends Error {
  override readonly name = 'Failure'
  /** 1: it could not be done. 2: it was asked for wrongly. */
  readonly exitCode: 1 | 2
  /** What it is about, for scripts: an option or a field, as it was given. */
  readonly field: string | undefined
  /** A server's own code for it, where it was the server who refused. */
  readonly code: string | undefined

  constructor(message: string, exitCode: 1 | 2 = 1, field?: string, code?: string) {
    super(message)
    this.exitCode = exitCode
    this.field = field
    this.code = code
  }
}

/** A wrong option or argument, by its name and with what to do: exit code 2. */
export function usageFailure(message: string, field?: string): Failure {
  return new Failure(message, 2, field)
}

/** The text of anything that was thrown. */
export function textOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}
