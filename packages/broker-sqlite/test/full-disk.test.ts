import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { openDirect } from './support/direct-store.js'
import { newFile } from './support/folder.js'

const filler = fileURLToPath(new URL('./support/filler.mjs', import.meta.url))
const big = { data: JSON.stringify('x'.repeat(100_000)) }

it('refuses what a full disk cannot take, reads on, and goes on by itself once there is space (§13)', () => {
  const file = newFile()
  const store = openDirect(file)
  const { cursor } = store.append('c', [{ data: '1' }])
  store.database.exec('PRAGMA max_page_count = 30')
  const full = 'The disk is full. Free some space'
  for (const channel of ['c', 'new']) expect(() => store.append(channel, [big])).toThrow(full)
  expect(store.read('c', 'oldest').messages).toMatchObject([{ data: '1' }])
  expect(store.read('new', 'oldest').messages).toEqual([])
  expect(store.head('c')).toMatchObject({ head: cursor })
  store.database.exec('PRAGMA max_page_count = 1000000')
  expect(store.append('c', [big]).messages[0]?.offset).toBe(2)
  store.close()
})

it('takes nothing more once the disk failed to sync, and says of what came last that it is unknown (§13)', () => {
  const file = newFile()
  const store = openDirect(file)
  store.append('c', [{ data: '1' }])
  const exec = store.database.exec.bind(store.database)
  store.database.exec = (sql) => {
    if (sql === 'COMMIT') throw Object.assign(new Error('disk I/O error'), { errcode: 1034 })
    return exec(sql)
  }
  const reason = expect.stringContaining('The disk failed to sync')
  const refused = (unknown: boolean) => expect.objectContaining({ cause: { reason, unknown } })
  expect(() => store.append('c', [{ data: '2' }])).toThrow(refused(true))
  store.database.exec = exec
  expect(() => store.append('c', [{ data: '3' }])).toThrow(refused(false))
  expect(store.read('c', 'oldest').messages).toMatchObject([{ data: '1' }])
  expect(store.warnings).toEqual([expect.stringContaining(`${file} could not be synced (disk I/O error)`)])
  store.close()
})

it('takes a write that the system refuses for one that stored nothing, and says 503 is the answer (§13)', async () => {
  const file = newFile()
  const child = spawn('prlimit', ['--fsize=1000000:unlimited', process.execPath, filler, file], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const next = async () => JSON.parse((await lines.next()).value ?? '{}')
  expect(await next()).toEqual({
    name: 'BrokerUnavailable',
    message: expect.stringContaining('The store cannot be used just now: SQLite says'),
    isThere: true,
  })
  spawnSync('prlimit', ['--pid', String(child.pid), '--fsize=unlimited:unlimited'])
  child.stdin.write('go on\n')
  expect(await next()).toEqual({ more: 1 })
  expect(await once(child, 'exit')).toEqual([0, null])
})
