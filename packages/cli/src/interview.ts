import { createInterface } from 'node:readline/promises'
import { Failure, textOf } from './failure.js'
import { formatMs } from './format-ms.js'
import { answer } from './need-input.js'
import type { GivenOption, GivenOptions } from './option.js'
import type { Terminal } from './terminal.js'

interface Question {
  readonly asks: string
  /** What Enter means, for what was said before. */
  usual(said: GivenOptions): string
  /** Options for an answer; throws a `Failure` for what is none. */
  take(text: string): readonly (readonly [option: string, value: unknown])[]
}

const yes = /^y(?:es)?$/i
const no = /^no?$/i

function yesOrNo(text: string): boolean {
  if (yes.test(text)) return true
  if (no.test(text)) return false
  throw new Failure(`"${text}" is neither yes nor no.`)
}

const nothingSaid = { need: {}, circumstances: {} }
const one = (option: string) => (text: string) => [[option, text]] as const

const questions: readonly Question[] = [
  {
    asks: 'How often does something new come?  5, 2/min, 3/h, 1/d',
    usual: () => 'once a second',
    take: one('updates'),
  },
  {
    asks: 'Do clients send too, and how often does each?  0.1, 6/min, no',
    usual: () => 'no',
    take: (text) => (no.test(text) ? [] : [['sends', text]]),
  },
  {
    asks: 'How old may what a user sees be?  500ms, 2s, 5m',
    usual: (said) => formatMs(answer(nothingSaid, said).need.stalenessMs),
    take: one('staleness'),
  },
  { asks: 'How many readers are there at once?  340, 10k, 2M', usual: () => '1,000', take: one('readers') },
  {
    asks: 'Does each user read something of their own?  yes, no',
    usual: () => 'no',
    take: (text) => (yesOrNo(text) ? [['audience', 'per-user']] : []),
  },
  {
    asks: 'Is the newest enough where several messages wait?  yes, no',
    usual: () => 'no',
    take: (text) => (yesOrNo(text) ? [['loss', 'may-miss']] : []),
  },
]

/** What was said, with the answer to one more question; throws a `Failure` where it cannot be answered. */
function withAnswer(said: GivenOptions, question: Question, text: string): GivenOptions {
  const taken = question
    .take(text)
    .map(([name, value]): [string, GivenOption] => [name, { value, from: 'Your answer' }])
  const all = new Map([...said, ...taken])
  answer(nothingSaid, all)
  return all
}

type Ask = (prompt: string) => Promise<string | undefined>

async function askOne(question: Question, said: GivenOptions, terminal: Terminal, ask: Ask) {
  const usual = terminal.paint('dim', `[${question.usual(said)}]`)
  terminal.print(`\n${question.asks} ${usual}`)
  for (;;) {
    const text = await ask('> ')
    if (text === undefined) return undefined
    if (text.trim() === '') return said
    try {
      return withAnswer(said, question, text.trim())
    } catch (error) {
      if (!(error instanceof Failure)) throw error
      terminal.print(terminal.paint('yellow', textOf(error)))
    }
  }
}

/** Asks whoever sits there what is needed; `undefined` where they have enough of it. */
export async function interview(terminal: Terminal): Promise<GivenOptions | undefined> {
  const lines = createInterface({ input: process.stdin, output: process.stdout })
  const ended = new Promise<undefined>((resolve) => lines.once('close', () => resolve(undefined)))
  // Ctrl-C and Ctrl-D close it, and a question that waits then is not answered any more.
  lines.on('SIGINT', () => lines.close())
  const ask: Ask = (prompt) => Promise.race([lines.question(prompt).catch(() => undefined), ended])
  terminal.print('Six questions. Enter takes what stands in brackets, Ctrl-C ends.')
  let said: GivenOptions | undefined = new Map()
  for (const question of questions) {
    said = await askOne(question, said, terminal, ask)
    if (!said) break
  }
  lines.close()
  return said
}
