import { readFileSync } from 'node:fs'

/** Reads one of the golden files; what is in it is said in `fixtures/README.md`. */
export function readFixture<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`../fixtures/${name}.json`, import.meta.url), 'utf8')) as T
}
