import { createInterface } from 'node:readline/promises'
import { Failure, textOf } from './failure.js'
import { type GivenOption, type GivenOptions, toFlag } from './option.js'
import type { Terminal } from './terminal.js'

/** What is asked, and what an answer says. */
export interface Question {
  readonly asks: string
  /** What Enter means, for what was said before. */
  usual(said: GivenOptions): string
  /** Options for an answer; throws a `Failure` for what is none. */
  take(text: string): readonly (readonly [option: string, value: unknown])[]
}

/** Throws a `Failure` where what was said cannot be answered. */
type Check = (said: GivenOptions) => unknown

/** Who asks what. */
export interface Asked {
  readonly questions: readonly Question[]
  readonly check: Check
  readonly terminal: Terminal
}

const counts = ['No', 'One', 'Two', 'Three', 'Four', 'Five', 'Six', 'Seven', 'Eight', 'Nine']

/** What was said, with the answer to one more question; throws a `Failure` where it cannot be answered. */
function withAnswer(said: GivenOptions, question: Question, text: string, check: Check): GivenOptions {
  const taken = question
    .take(text)
    .map(([name, value]): [string, GivenOption] => [name, { value, from: 'Your answer' }])
  const all = new Map([...said, ...taken])
  check(all)
  return all
}

type Ask = (prompt: string) => Promise<string | undefined>

async function askOne(
  question: Question,
  said: GivenOptions,
  { check, terminal }: Pick<Asked, 'check' | 'terminal'>,
  ask: Ask,
) {
  const usual = terminal.paint('dim', `[${question.usual(said)}]`)
  terminal.print(`\n${question.asks} ${usual}`)
  for (;;) {
    const text = await ask('> ')
    if (text === undefined) return undefined
    if (text.trim() === '') return said
    try {
      return withAnswer(said, question, text.trim(), check)
    } catch (error) {
      if (!(error instanceof Failure)) throw error
      terminal.print(terminal.paint('yellow', textOf(error)))
    }
  }
}

/** Asks whoever sits there what is needed; `undefined` where they have enough of it. */
export async function interview(asked: Asked): Promise<GivenOptions | undefined> {
  const { questions, terminal } = asked
  const lines = createInterface({ input: process.stdin, output: process.stdout })
  const ended = new Promise<undefined>((resolve) => lines.once('close', () => resolve(undefined)))
  // Ctrl-C and Ctrl-D close it, and a question that waits then is not answered any more.
  lines.on('SIGINT', () => lines.close())
  const ask: Ask = (prompt) => Promise.race([lines.question(prompt).catch(() => undefined), ended])
  terminal.print(`${counts[questions.length]} questions. Enter takes what stands in brackets, Ctrl-C ends.`)
  let said: GivenOptions | undefined = new Map()
  for (const question of questions) {
    said = await askOne(question, said, asked, ask)
    if (!said) break
  }
  lines.close()
  return said
}

/** The command that asks the same without questions. */
export function sameAgain(command: string, given: GivenOptions): string {
  return [`gamut ${command}`, ...[...given].map(([name, { value }]) => `${toFlag(name)} ${value}`)].join(' ')
}
