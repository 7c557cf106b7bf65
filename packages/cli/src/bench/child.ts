import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { Failure } from '../failure.js'

/** A process of its own that answers one question after the other. */
export interface Child {
  ask<Answer>(question: object): Promise<Answer>
  end(): Promise<void>
}

/** Starts a process for one of both sides with its plan as the first question. */
export async function startChild(name: 'measured-server' | 'load', plan: object): Promise<Child> {
  // Memory is looked at after a whole collection, which would throw away what was compiled before.
  const process_ = fork(fileURLToPath(new URL('../../bin/bench-child.js', import.meta.url)), [name], {
    execArgv: ['--expose-gc', '--no-flush-bytecode'],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const child = {
    ask: <Answer>(question: object) => ask<Answer>(process_, question),
    end: () => end(process_),
  }
  try {
    await child.ask({ do: 'begin', plan })
  } catch (error) {
    await child.end()
    throw error
  }
  return child
}

/** No question takes so long, in milliseconds, unless the process hangs. */
const mostMs = 60_000

async function ask<Answer>(process_: ChildProcess, question: object): Promise<Answer> {
  const gone = new AbortController()
  const ends = once(process_, 'exit', { signal: gone.signal }).then(([code]) => {
    throw new Failure(
      `A process of the measurement ended with ${code ?? 'a signal'}: take fewer readers, or look whether memory or descriptors were used up.`,
    )
  })
  const hangs = setTimeout(() => process_.kill('SIGKILL'), mostMs)
  process_.send(question)
  try {
    const [told] = (await Promise.race([once(process_, 'message', { signal: gone.signal }), ends])) as [
      { answer?: Answer; failure?: string },
    ]
    if (told.failure !== undefined) throw new Failure(told.failure)
    return told.answer as Answer
  } finally {
    clearTimeout(hangs)
    gone.abort()
    ends.catch(() => {})
  }
}

async function end(process_: ChildProcess): Promise<void> {
  if (process_.exitCode !== null || process_.signalCode !== null) return
  const exit = once(process_, 'exit')
  if (process_.connected) process_.disconnect()
  await exit
}
