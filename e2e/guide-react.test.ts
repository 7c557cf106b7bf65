import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { blocks, temporaryDirectory } from './support/snippet.js'
import { startProcess } from './support/start-process.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const guide = readFileSync(`${root}docs/guide/react.md`, 'utf8')

/** Renders what the guide shows, against a server in memory. */
const screens = `import { connect, typed } from '@gamut/client'
import { createTestServer } from '@gamut/testing/app'
import { Suspense } from 'react'
import { act, fireEvent, render, screen } from '@testing-library/react'
import { renderToString } from 'react-dom/server'
import { expect, test } from 'vitest'
import { Board } from './board.js'
import { Chat } from './chat.js'
import { channels, GamutProvider } from './hooks.js'
import { load, Room, RoomLater } from './room.js'

const server = createTestServer({ channels })
const gamut = connect(server.url, { environment: server.environment(), channels: typed(channels) })
const show = async (element) => {
  const { container } = render(<GamutProvider gamut={gamut}>{element}</GamutProvider>)
  await act(() => server.settle())
  return container
}

test('the chat', async () => {
  await server.publish('chat/general', { text: 'hello' })
  const container = await show(<Chat room="general" />)
  expect(container.textContent).toBe('helloSend')
  fireEvent.change(screen.getByLabelText('Message'), { target: { value: 'hi' } })
  await act(async () => fireEvent.submit(container.querySelector('form')))
  await act(() => server.settle())
  expect(container.textContent).toBe('hellohiSend')
})

test('the board', async () => {
  await server.publish('board/1', { price: 5 }, { key: 'A' })
  const container = await show(<Board symbols={['A', 'B']} />)
  expect(container.textContent).toBe('A: 5B: –1 in all')
})

test('the room', async () => {
  const asked = load(gamut)
  await server.settle()
  const initial = await asked
  expect(renderToString(<GamutProvider gamut={gamut}><Room initial={initial} /></GamutProvider>)).toBe('<p>hello</p><p>hi</p>')
  await server.publish('chat/general', { text: 'late' })
  const later = <Suspense fallback="wait"><RoomLater loading={asked} /></Suspense>
  await act(() => show(later))
  expect(document.body.textContent).toContain('hellohilate')
})
`

/** A folder with the files of the guide. */
function write(files: Readonly<Record<string, string>>): string {
  const directory = temporaryDirectory()
  writeFileSync(`${directory}/package.json`, '{"type":"module"}')
  for (const [name, text] of Object.entries(files)) writeFileSync(`${directory}/${name}`, text)
  return directory
}

const files = Object.fromEntries(
  [...blocks(guide, 'ts'), ...blocks(guide, 'tsx')].map((text) => {
    const [, name = ''] = /^\/\/ (\S+)\n/.exec(text) ?? []
    return [name, text]
  }),
)

describe('the guide to React', () => {
  test('compiles, and what does not fit does not', async () => {
    const wrong = [
      "import { useChannel, usePublish } from './hooks.js'",
      'export function Wrong() {',
      '  // @ts-expect-error no text',
      "  void usePublish('chat/general').publish({ text: 1 })",
      '  // @ts-expect-error no number',
      "  return useChannel('chat/general').messages.map(({ data }) => data.text.toFixed())",
      '}',
    ].join('\n')
    const flags = ['--ignoreConfig', '--noEmit', '--strict', '--exactOptionalPropertyTypes', '--skipLibCheck']
    const target = ['--module', 'nodenext', '--target', 'es2023', '--jsx', 'react-jsx', '--types', 'node']
    const compiler = startProcess({
      command: `${root}node_modules/.bin/tsc`,
      args: [...flags, ...target, ...Object.keys(files), 'wrong.tsx'],
      cwd: write({ ...files, 'wrong.tsx': wrong }),
    })
    await compiler.exited
    expect(compiler.output()).toBe('')
  })

  test('shows what it says', async () => {
    const directory = write({ ...files, 'screens.test.tsx': screens })
    const run = startProcess({
      command: process.execPath,
      args: [
        `${root}node_modules/vitest/vitest.mjs`,
        'run',
        '--environment',
        'happy-dom',
        '--root',
        directory,
      ],
      cwd: directory,
      env: { NO_COLOR: '1' },
    })
    await run.exited
    expect(run.output()).toMatch(/Tests {2}3 passed \(3\)/)
  })
})
