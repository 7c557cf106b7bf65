import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it, onTestFinished } from 'vitest'
import { findDriver } from '../src/store/driver.js'
import { newFile, newFolder } from './support/folder.js'
import { openBroker } from './support/open-broker.js'

const writer = fileURLToPath(new URL('./support/writer.mjs', import.meta.url))

it('makes the file and its folder', async () => {
  const file = join(newFolder(), 'a', 'b', 'gamut.db')
  const store = await openBroker({ file })
  await store.append('c', [{ data: '1' }])
  expect(existsSync(file)).toBe(true)
})

it('refuses a file that another process has open, and names that process', async () => {
  const file = newFile()
  const child = spawn(process.execPath, [writer, file, '0'], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  await once(child.stdout, 'data')
  await expect(openBroker({ file })).rejects.toThrow(
    `${file} is in use by process ${child.pid}: one process at a time writes a Gamut database. Stop that one first`,
  )
  const ended = once(child, 'close')
  child.kill('SIGKILL')
  child.stdout.resume()
  await ended
  const store = await openBroker({ file })
  expect((await store.head('c0')).closed).toBe(false)
})

it('refuses a file that this process has open already, and can be opened again once it is closed', async () => {
  const file = newFile()
  const store = await openBroker({ file })
  await expect(openBroker({ file })).rejects.toThrow(`is in use by process ${process.pid}`)
  await store.append('c', [{ data: '1' }])
  await store.close()
  const again = await openBroker({ file })
  expect(await again.read('c', 'oldest')).toMatchObject({ messages: [{ data: '1' }] })
})

it('refuses a file that is no database, and leaves it as it is', async () => {
  const file = newFile()
  const text = 'a letter to somebody\n'.repeat(500)
  writeFileSync(file, text)
  await expect(openBroker({ file })).rejects.toThrow(`${file} is no Gamut database. Name another file`)
  expect(readFileSync(file, 'utf8')).toBe(text)
})

it("refuses another program's database, and leaves it as it is", async () => {
  const file = newFile()
  const database = findDriver()(file)
  database.exec('CREATE TABLE theirs (a)')
  database.close()
  const bytes = readFileSync(file)
  await expect(openBroker({ file })).rejects.toThrow(`${file} is no Gamut database.`)
  expect(readFileSync(file)).toEqual(bytes)
})

it('refuses a format that it does not know, and says what to do', async () => {
  const file = newFile()
  const store = await openBroker({ file })
  await store.close()
  const database = findDriver()(file)
  database.exec('PRAGMA user_version = 7')
  database.close()
  await expect(openBroker({ file })).rejects.toThrow(
    `${file} is a Gamut database of format 7, and this release reads and writes format 1. Run the release that wrote it`,
  )
})

it('says what to do about a file whose second half is gone', async () => {
  const file = newFile()
  const store = await openBroker({ file })
  for (let index = 0; index < 50; index += 1) await store.append('c', [{ data: `"${'x'.repeat(2_000)}"` }])
  await store.close()
  truncateSync(file, 5 * 4096)
  await expect(openBroker({ file })).rejects.toThrow(/is damaged .*restore a backup/)
})

it('refuses a folder in place of a file', async () => {
  const file = newFile()
  mkdirSync(file)
  await expect(openBroker({ file })).rejects.toThrow(`${file} cannot be opened: SQLite says "unable to open`)
})
