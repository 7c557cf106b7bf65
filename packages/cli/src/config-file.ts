import { existsSync, readFileSync } from 'node:fs'
import { relative, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { textOf, usageFailure } from './failure.js'

/** The options of a config file, not yet checked. */
export interface ConfigFile {
  readonly path: string
  /** Its path as a person would write it here. */
  readonly shown: string
  readonly options: Readonly<Record<string, unknown>>
}

const defaultNames = ['gamut.config.json', 'gamut.config.mjs']

function findDefault(cwd: string): string | undefined {
  const found = defaultNames.filter((name) => existsSync(resolve(cwd, name)))
  if (found.length > 1) {
    throw usageFailure(`There are both ${found.join(' and ')}. Say which one counts: --config ${found[0]}.`)
  }
  return found[0]
}

async function load(path: string, shown: string): Promise<unknown> {
  if (path.endsWith('.json')) {
    try {
      return JSON.parse(readFileSync(path, 'utf8'))
    } catch (error) {
      throw usageFailure(`${shown} is not JSON: ${textOf(error)}.`)
    }
  }
  let loaded: { readonly default?: unknown }
  try {
    loaded = await import(pathToFileURL(path).href)
  } catch (error) {
    throw usageFailure(`${shown} cannot be loaded: ${textOf(error)}.`)
  }
  if (!('default' in loaded)) throw usageFailure(`${shown} exports no options. Write: export default { … }.`)
  return loaded.default
}

/** Reads the config file that `given` names, or the one in the working directory; `undefined` where there is none. */
export async function readConfigFile(
  given: { readonly value: string; readonly from: string } | undefined,
  cwd: string,
): Promise<ConfigFile | undefined> {
  const name = given?.value ?? findDefault(cwd)
  if (name === undefined) return undefined
  const path = resolve(cwd, name)
  const shown = relative(cwd, path) || name
  if (!existsSync(path)) throw usageFailure(`${given?.from ?? 'config'}: there is no file ${shown}.`)
  if (!/\.(?:json|mjs|js)$/.test(path)) {
    throw usageFailure(
      `${given?.from ?? 'config'}: ${shown} must end in .json or .mjs, which says how to read it.`,
    )
  }
  const options = await load(path, shown)
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw usageFailure(`${shown} must hold one object of options, like {"port": 8080}.`)
  }
  return { path, shown, options: options as Readonly<Record<string, unknown>> }
}
