import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { endWithTest } from './support/end-with-test.js'
import { describeWith, partPath } from './support/parts.js'
import { until } from './support/until.js'

const command = fileURLToPath(new URL('../packages/cli/bin/gamut.js', import.meta.url))

/** A command that asks, in a pseudo terminal, as somebody sees it who types. */
function openInterview(name: 'advise' | 'plan' = 'advise') {
  const { PATH = '' } = process.env
  const child = spawn(partPath('script'), ['-qec', `${process.execPath} ${command} ${name}`, '/dev/null'], {
    env: { PATH, NO_COLOR: '1', TERM: 'xterm' },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  let seen = ''
  let from = 0
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    seen += text
  })
  const closed = once(child, 'close')
  endWithTest(async () => {
    child.stdin.destroy()
    await closed
  })
  /** Waits for a question that comes after the last answer, and for its prompt, and types. */
  const answer = async (question: string, text: string) => {
    const isAsked = () => /> /.test(seen.slice(from).split(question)[1] ?? '')
    await until(isAsked)
    from = seen.length
    child.stdin.write(text)
  }
  return { answer, seen: () => seen, closed }
}

describeWith('script', 'gamut advise in a terminal', () => {
  test('asks six questions, takes Enter for what is usual, and says what asks the same without', async () => {
    const { answer, seen, closed } = openInterview()
    await answer('something new', '6/min\r')
    await answer('clients send', '\r')
    await answer('[1 s]', 'soon\r')
    await answer('"soon" is no time', '10s\r')
    await answer('How many readers', '340\r')
    await answer('something of their own', '\r')
    await answer('newest enough', 'y\r')
    expect(await closed).toEqual([0, null])
    expect(seen()).toMatch(/Polling is the simplest/)
    expect(seen()).toContain('gamut advise --updates 6/min --staleness 10s --readers 340 --loss may-miss')
  })

  test('ends at Ctrl-C without an answer', async () => {
    const { answer, seen, closed } = openInterview()
    await answer('something new', '5\r')
    await answer('clients send', '\x03')
    expect(await closed).toEqual([130, null])
    expect(seen()).not.toMatch(/simplest|Error|Warning/)
  })
})

describeWith('script', 'gamut plan in a terminal', () => {
  test('asks eight questions, and says what asks the same without', async () => {
    const { answer, seen, closed } = openInterview('plan')
    await answer('How many users', '50k\r')
    await answer('something new', '\r')
    await answer('clients send', '\r')
    await answer('[1 s]', '\r')
    await answer('read one channel', 'all\r')
    await answer('cores', '4\r')
    await answer('memory', 'much\r')
    await answer('"much" is no size', '8GiB\r')
    await answer('lost at once', '\r')
    expect(await closed).toEqual([0, null])
    expect(seen()).toContain('Eight questions.')
    expect(seen()).toMatch(/50,000 users need 3 nodes of 4 cores and 8 GiB/)
    expect(seen()).toContain('gamut plan --users 50k --node-cores 4 --node-memory 8GiB')
  })
})
