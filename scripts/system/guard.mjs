// @ts-check
import { rmSync } from 'node:fs'
import { createInterface } from 'node:readline'

// A process of its own, which is told the groups that its parent starts (`+pid`) and sees end (`-pid`), and the folders
// that it makes (`/path`). Once the parent is gone, however it went, it removes those that are left.
/** @type {Set<number>} */
const groups = new Set()
/** @type {Set<string>} */
const folders = new Set()
for await (const line of createInterface({ input: process.stdin })) {
  const rest = line.slice(1)
  if (line.startsWith('/')) folders.add(rest)
  if (line.startsWith('+')) groups.add(Number(rest))
  if (line.startsWith('-')) groups.delete(Number(rest))
}
for (const pid of groups) {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // All of the group have ended.
  }
}
for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
