import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { interview, sameAgain } from '../src/interview.js'
import { answer } from '../src/need-input.js'
import { needQuestions } from '../src/questions.js'

/** Lets somebody type all of this before the first question has come; gives what was said and what they saw. */
async function ask(typed: string, columns = 60) {
  const printed: string[] = []
  const input = new PassThrough()
  input.end(typed)
  const said = await interview(
    {
      questions: needQuestions,
      check: (all) => answer({ need: {}, circumstances: {} }, all),
      terminal: {
        print: (line) => void printed.push(line),
        note: () => {},
        paint: (_style, text) => text,
        columns,
        onBroken: () => {},
      },
    },
    input,
    new PassThrough(),
  )
  return { said, printed }
}

describe('the interview', () => {
  it('asks again until it is answered, whoever types faster than it asks', async () => {
    const { said, printed } = await ask('lots\n5/min\nyes\n2\n2s\nmany\n1,000\nperhaps\nno\nY\n')
    expect(said && sameAgain('advise', said)).toBe(
      'gamut advise --updates 5/min --direction both --staleness 2s --readers 1,000 --loss may-miss',
    )
    expect(printed.join(' ')).toContain('"2" of what? Give 2s, or 2ms.')
    expect(printed.filter(({ length }) => length > 60)).toEqual([])
  })

  it('takes what stands in brackets for nothing', async () => {
    expect((await ask('\n\n \n\n\n\n')).said?.size).toBe(0)
  })

  it('ends where nothing more is typed', async () => {
    expect((await ask('5\n')).said).toBeUndefined()
  })
})
