import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { ConfigFile } from './config-file.js'
import { textOf, usageFailure } from './failure.js'
import type { GivenOption } from './option.js'

/** What relative paths are meant from. */
export interface PathBase {
  readonly file: ConfigFile | undefined
  readonly cwd: string
}

/** The absolute path that an option names: one in a config file from there on, any other from the working directory on. */
export function toPath(
  path: string,
  { isInFile }: Pick<GivenOption, 'isInFile'>,
  { file, cwd }: PathBase,
): string {
  return resolve(file && isInFile ? dirname(file.path) : cwd, path)
}

/** The text of the file that an option names; refuses the option if it cannot be read. */
export function readNamedFile(path: string, option: GivenOption, base: PathBase): string {
  try {
    return readFileSync(toPath(path, option, base), 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const problem = code === 'ENOENT' ? 'there is no such file' : textOf(error)
    throw usageFailure(`${option.from}: ${path} cannot be read: ${problem}.`)
  }
}

/** Reads a text as JSON; refuses it by where it came from, and repeats nothing of it. */
export function readJson(text: string, from: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw usageFailure(`${from}: that is not JSON.`)
  }
}
