import { statSync } from 'node:fs'
import type { ChannelName } from '@gamut/protocol'
import type { Head, StoredBatch } from '@gamut/server'
import type { AnswerGroup, Asked, Failure, RequestGroup, StoreRequest } from '../requests.js'
import { ChannelLog } from './channel-log.js'
import { primaryCode, resultCode } from './driver.js'
import { type LogContext, LogState } from './log-state.js'
import { damagedText, type OpenFile } from './open-store.js'

type Result = AnswerGroup['results'][number]

const readonlyCode = 8
const corrupt = 11
const full = 13
/** Errors of a commit that say for certain that it is not in the file. */
const certainCodes = new Set([5, 7, readonlyCode, full, 14, 778])
/** Rows that are kept in memory from one group to the next. */
const mostCached = 20_000
/** Channels of which a sweep is told, if they have anything. */
const channelsPerSweep = 1_000
/** Pages: below it a file is small anyway; and so many at once take some milliseconds. */
const fewestFree = 256
const mostGivenBack = 2_000

/** A store's requests, each group in one transaction. It does nothing by itself and knows no clock. */
export class Store {
  readonly #file: string
  readonly #inode: number
  readonly #open: OpenFile
  readonly #context: LogContext
  readonly #logs = new Map<ChannelName, ChannelLog>()
  readonly #watched = new Set<ChannelName>()
  #batches: StoredBatch[] = []
  #warnings: string[] = []
  readonly #warned = new Set<string>()
  #sweptTo = 0
  #now = 0
  #time = 0
  /** What is to be added to the node's clock, which begins anew with each process. */
  #origin: number | undefined
  /** A disk that failed to sync may say that it has what it has not: nothing is written any more. */
  #broken: string | undefined
  /** Nothing is to be written, since it cannot be. */
  #isFrozen = false

  constructor(file: string, open: OpenFile) {
    this.#file = file
    this.#inode = statSync(file).ino
    this.#open = open
    const { epoch, statements } = open
    this.#context = { epoch, statements, now: () => this.#now, time: () => this.#time }
  }

  run({ elapsed, time, requests }: RequestGroup): AnswerGroup {
    // Time goes on while nobody has the file open, as far as the wall's clock says so; it never goes back.
    this.#origin ??= this.#open.clock + Math.max(0, time - this.#open.wall) - elapsed
    this.#now = Math.floor(this.#origin + elapsed)
    this.#time = time
    const results = this.#answer(requests)
    const answer = { results, batches: this.#batches, warnings: this.#warnings }
    this.#batches = []
    this.#warnings = []
    return answer
  }

  /** Marks the file as one that cannot be trusted to keep anything more. */
  fail(why: string): void {
    this.#broken =
      'The disk failed to sync: what was written last may be lost. Whoever runs this server has to look at the disk and start again.'
    this.#warn(`${this.#file} could not be synced (${why}): look at the disk, then start again.`)
  }

  close(): void {
    this.#open.close()
  }

  #answer(requests: readonly StoreRequest[]): Result[] {
    try {
      const results = this.#together(requests)
      if (requests.some(({ kind }) => kind === 'due')) {
        this.#giveBack()
        this.#lookAtFile()
      }
      return results
    } catch (error) {
      // One that fails must not fail the others: each by itself then.
      if (requests.length > 1 && !this.#broken) return requests.flatMap((request) => this.#answer([request]))
      const [request] = requests
      const isRead = request?.kind === 'read' || request?.kind === 'heads'
      if (isRead && !this.#isFrozen && primaryCode(error) !== corrupt) return this.#answerFrozen(request)
      return requests.map(() => ({ failure: this.#toFailure(error) }))
    }
  }

  /** A full disk can still be read: what is too old is shown until there is space. */
  #answerFrozen(request: StoreRequest): Result[] {
    this.#isFrozen = true
    try {
      return this.#answer([request])
    } finally {
      this.#isFrozen = false
    }
  }

  #together(requests: readonly StoreRequest[]): Result[] {
    if (this.#broken && !this.#isFrozen) throw new Error(this.#broken)
    const { database } = this.#open
    const [batches, warnings] = [this.#batches.length, this.#warnings.length]
    let isCommitting = false
    try {
      database.exec('BEGIN')
      const results = requests.map((request) => ({ value: this.#handle(request) }))
      if (!this.#isFrozen) this.#save()
      isCommitting = true
      database.exec(this.#isFrozen ? 'ROLLBACK' : 'COMMIT')
      if (this.#isFrozen || this.#logs.size > mostCached) this.#logs.clear()
      return results
    } catch (error) {
      this.#rollBack()
      this.#batches.length = batches
      this.#warnings.length = warnings
      if (isCommitting && !certainCodes.has(resultCode(error))) this.fail(messageOf(error))
      throw error
    }
  }

  #rollBack(): void {
    this.#logs.clear()
    try {
      this.#open.database.exec('ROLLBACK')
    } catch {
      // SQLite has rolled back already.
    }
  }

  #save(): void {
    let isDirty = false
    for (const log of this.#logs.values()) {
      if (!log.state.isDirty) continue
      log.retain()
      log.trim(false)
      log.state.save()
      isDirty = true
    }
    if (isDirty) this.#context.statements.saveClock(this.#now, this.#time)
  }

  #handle(request: StoreRequest): unknown {
    switch (request.kind) {
      case 'append': {
        const { result, batch } = this.#log(request).append(request.messages, request.options)
        this.#announce(batch)
        return result
      }
      case 'read':
        return this.#retained(request).read(request.from, request.limit, (what) => this.#warnings.push(what))
      case 'heads':
        return new Map<ChannelName, Head>(
          request.channels.map((asked) => [asked.channel, this.#retained(asked).ends()]),
        )
      case 'watch':
        for (const channel of request.channels) this.#watched.add(channel)
        return undefined
      case 'unwatch':
        for (const channel of request.channels) this.#watched.delete(channel)
        return undefined
      case 'sweep':
        for (const asked of request.channels) this.#retained(asked).trim(true)
        return undefined
      case 'due':
        return this.#due()
    }
  }

  #due(): ChannelName[] {
    const { channelsBetween, lastChannel } = this.#context.statements
    const to = this.#sweptTo + channelsPerSweep
    const next = [...channelsBetween(this.#sweptTo, to)]
    this.#sweptTo = to < (lastChannel()?.id ?? 0) ? to : 0
    return next.map(({ name }) => name as ChannelName)
  }

  /** The channel's log as it may be looked at. */
  #retained(asked: Asked): ChannelLog {
    const log = this.#log(asked)
    if (!this.#isFrozen) log.retain()
    return log
  }

  /** The channel's log, to be appended to. */
  #log({ channel, settings }: Asked): ChannelLog {
    const known = this.#logs.get(channel)
    const log = known ?? new ChannelLog(new LogState(channel, this.#context), settings)
    if (!known) this.#logs.set(channel, log)
    log.keep(settings)
    if (!this.#isFrozen) this.#announce(log.expire())
    return log
  }

  #announce(batch: StoredBatch | undefined): void {
    if (batch && this.#watched.has(batch.channel)) this.#batches.push(batch)
  }

  /** What is written to a file that has lost its name is gone with this process. */
  #lookAtFile(): void {
    if (this.#broken || statSync(this.#file, { throwIfNoEntry: false })?.ino === this.#inode) return
    this.#broken =
      'The file of the store was moved away or replaced while it was in use. Whoever runs this server has to start it again.'
    this.#warn(`${this.#file} was moved away or replaced: what is published now would be lost. Start again.`)
  }

  /** Gives free pages back to the file system once they are a good part of the file. */
  #giveBack(): void {
    const { database } = this.#open
    const count = (what: string) =>
      Number(Object.values(database.prepare(`PRAGMA ${what}`).get() as object)[0])
    const free = count('freelist_count')
    if (free < fewestFree || free * 4 < count('page_count')) return
    database.exec(`PRAGMA incremental_vacuum(${mostGivenBack}); PRAGMA wal_checkpoint(TRUNCATE)`)
  }

  /** Says once what only whoever runs this may know: publishers are told reasons, and no paths. */
  #warn(what: string): void {
    if (this.#warned.has(what)) return
    this.#warned.add(what)
    this.#warnings.push(what)
  }

  #toFailure(error: unknown): Failure {
    const said = messageOf(error)
    const code = primaryCode(error)
    if (this.#broken) return { reason: this.#broken, unknown: said !== this.#broken }
    if (code === full) {
      return {
        reason: 'The disk is full. Free some space: publishes then go on by themselves.',
        unknown: false,
      }
    }
    if (code === corrupt) {
      this.#warn(damagedText(this.#file, said))
      return { reason: 'The store is damaged: the log of this server says what to do.', unknown: false }
    }
    return {
      reason: `The store cannot be used just now: ${code === 0 ? said : `SQLite says "${said}"`}.`,
      unknown: false,
    }
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
