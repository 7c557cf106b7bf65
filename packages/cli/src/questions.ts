import { Failure } from './failure.js'
import { formatMs } from './format-ms.js'
import type { Question } from './interview.js'
import { answer } from './need-input.js'

const yes = /^y(?:es)?$/i
const no = /^no?$/i

function yesOrNo(text: string): boolean {
  if (yes.test(text)) return true
  if (no.test(text)) return false
  throw new Failure(`"${text}" is neither yes nor no.`)
}

const nothingSaid = { need: {}, circumstances: {} }
const one = (option: string) => (text: string) => [[option, text]] as const

/** What `gamut advise` asks. */
export const needQuestions: readonly Question[] = [
  {
    asks: 'How often does something new come?  5, 2/min, 3/h, 1/d',
    usual: () => 'once a second',
    take: one('updates'),
  },
  {
    asks: 'Do clients send too, and how often does each?  0.1, 6/min, no',
    usual: () => 'no',
    take: (text) => (no.test(text) ? [] : [yes.test(text) ? ['direction', 'both'] : ['sends', text]]),
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

const needQuestion = (at: number) => needQuestions[at] as Question

/** What `gamut plan` asks: of the need what decides most, and what it runs on. */
export const planQuestions: readonly Question[] = [
  { asks: 'How many users are there at once?  340, 10k, 2M', usual: () => '1,000', take: one('users') },
  needQuestion(0),
  needQuestion(1),
  needQuestion(2),
  {
    asks: 'How many read one channel, where there are many: rooms, boards?  20, all',
    usual: () => 'all',
    take: (text) => (/^all$/i.test(text) ? [] : [['readersPerChannel', text]]),
  },
  { asks: 'How many cores has a node?  1, 4', usual: () => '2', take: one('nodeCores') },
  { asks: 'And how much memory?  512MiB, 8GiB', usual: () => '4GiB', take: one('nodeMemory') },
  { asks: 'How many nodes may be lost at once?  0, 2', usual: () => '1', take: one('redundancy') },
]
