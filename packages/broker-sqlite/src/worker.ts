import { closeSync, fdatasync, openSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import type { RequestGroup } from './requests.js'
import { openFile, type StoreOptions } from './store/open-store.js'
import { Store } from './store/store.js'

/** Syncs the write-ahead log some time after it was written, beside the thread that writes it. */
function syncLater({ file, syncEveryMs }: StoreOptions, store: Store) {
  const log = openSync(`${file}-wal`, 'r+')
  let timer: NodeJS.Timeout | undefined
  const sync = () => {
    timer = undefined
    fdatasync(log, (error) => error && store.fail(error.message))
  }
  return {
    written: () => {
      timer ??= setTimeout(sync, syncEveryMs)
    },
    close: () => {
      clearTimeout(timer)
      closeSync(log)
    },
  }
}

function serve(options: StoreOptions): void {
  const open = openFile(options)
  const store = new Store(options.file, open)
  const later = options.sync === 'batched' ? syncLater(options, store) : undefined
  parentPort?.on('message', (group: RequestGroup | 'close') => {
    if (group !== 'close') {
      parentPort?.postMessage(store.run(group))
      later?.written()
      return
    }
    later?.close()
    store.close()
    parentPort?.close()
  })
  parentPort?.postMessage({ refusal: undefined })
}

/** What a worker thread does that `StoreThread` has started: it opens the file, says so or what is wrong with it, and serves. */
export function runWorker(): void {
  try {
    serve(workerData as StoreOptions)
  } catch (error) {
    parentPort?.postMessage({ refusal: error instanceof Error ? error.message : String(error) })
  }
}
