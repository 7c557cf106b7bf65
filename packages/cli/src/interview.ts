import { createInterface, type Interface } from 'node:readline'
import { Failure, textOf } from './failure.js'
import { type GivenOption, type GivenOptions, toFlag } from './option.js'
import { columnsOf } from './paragraphs.js'
import type { Terminal } from './terminal.js'
import { wrap } from './wrap.js'

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
  const usual = `[${question.usual(said)}]`
  const lines = wrap(`${question.asks} ${usual}`, columnsOf(terminal))
  terminal.print('')
  for (const line of lines) terminal.print(line.replace(usual, (text) => terminal.paint('dim', text)))
  for (;;) {
    const text = await ask('> ')
    if (text === undefined) return undefined
    if (text.trim() === '') return said
    try {
      return withAnswer(said, question, text.trim(), check)
    } catch (error) {
      if (!(error instanceof Failure)) throw error
      for (const line of wrap(textOf(error), columnsOf(terminal)))
        terminal.print(terminal.paint('yellow', line))
    }
  }
}

/** Asks for lines one after the other; what was typed before it was asked for counts. `undefined` once there are no more. */
function createAsk(lines: Interface): Ask {
  const early: string[] = []
  let isOver = false
  let wanting: ((text: string | undefined) => void) | undefined
  const give = (text: string | undefined) => {
    const want = wanting
    wanting = undefined
    want?.(text)
  }
  lines.on('line', (text) => {
    if (wanting) give(text)
    else early.push(text)
  })
  // Ctrl-C and Ctrl-D close it, and a question that waits then is not answered any more.
  lines.on('SIGINT', () => lines.close())
  lines.on('close', () => {
    isOver = true
    give(undefined)
  })
  return async (prompt) => {
    const next = early.shift()
    if (next !== undefined || isOver) return next
    lines.setPrompt(prompt)
    lines.prompt()
    return new Promise((resolve) => {
      wanting = resolve
    })
  }
}

/** Asks whoever sits there what is needed; `undefined` where they have enough of it. */
export async function interview(
  asked: Asked,
  input: NodeJS.ReadableStream = process.stdin,
  output: NodeJS.WritableStream = process.stdout,
): Promise<GivenOptions | undefined> {
  const { questions, terminal } = asked
  const lines = createInterface({ input, output })
  const ask = createAsk(lines)
  const intro = `${counts[questions.length]} questions. Enter takes what stands in brackets, Ctrl-C ends.`
  for (const line of wrap(intro, columnsOf(terminal))) terminal.print(line)
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
