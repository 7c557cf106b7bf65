// @vitest-environment happy-dom
import { connect } from '@gamut/client'
import { GamutProvider } from '@gamut/react'
import { createTestServer } from '@gamut/testing/app'
import { act, cleanup, fireEvent, render, screen } from '@testing-library/react'
import { afterEach, expect, it, onTestFinished } from 'vitest'
import { Chat } from './chat.js'

afterEach(cleanup)

/** A server, and a page of it that shows the room. */
async function openChat() {
  const server = createTestServer()
  const page = server.environment()
  const gamut = connect(server.url, { environment: page })
  onTestFinished(async () => {
    gamut.close()
    await server.close()
  })
  await server.publish('chat/general', { text: 'hello' })
  render(
    <GamutProvider gamut={gamut}>
      <Chat room="general" />
    </GamutProvider>,
  )
  await act(() => server.settle())
  return { server, page }
}

const lines = () => screen.queryAllByRole('listitem').map(({ textContent }) => textContent)

it('shows what was said, and what is said now', async () => {
  const { server } = await openChat()
  expect(lines()).toEqual(['hello'])
  await act(async () => {
    await server.publish('chat/general', { text: 'and welcome' })
    await server.settle()
  })
  expect(lines()).toEqual(['hello', 'and welcome'])
})

it('sends once what a lost answer made it send twice', async () => {
  const { server } = await openChat()
  server.faults.drop({ on: 'publish' })
  fireEvent.change(screen.getByLabelText('Message'), { target: { value: 'hi' } })
  await act(async () => {
    fireEvent.click(screen.getByText('Send'))
    await server.advance(150_000)
  })
  expect(lines()).toEqual(['hello', 'hi'])
  expect(screen.queryByRole('alert')).toBeNull()
})

it('says so when a message cannot be sent', async () => {
  const { server } = await openChat()
  server.faults.refuse({ on: ['publish', 'websocket'], status: 403 })
  fireEvent.change(screen.getByLabelText('Message'), { target: { value: 'hi' } })
  await act(async () => {
    fireEvent.click(screen.getByText('Send'))
    await server.advance(150_000)
  })
  expect(screen.getByRole('alert').textContent).toBe('Not sent')
  expect(lines()).toEqual(['hello'])
})

it('misses nothing while a node dies and the laptop sleeps', async () => {
  const { server, page } = await openChat()
  page.sleep(2 * 3600_000)
  await server.faults.killNode()
  await server.publish('chat/general', { text: 'said at night' })
  await server.faults.restartNode()
  await act(() => server.advance(2 * 3600_000 + 60_000))
  expect(lines()).toEqual(['hello', 'said at night'])
  expect(screen.queryByRole('status')).toBeNull()
})

it('says so when messages are lost for good', async () => {
  const { server } = await openChat()
  await act(async () => {
    await server.faults.restartNode({ isEmpty: true })
    await server.advance(60_000)
  })
  expect(screen.getByRole('status').textContent).toBe('Some messages are missing')
})

it('gets through a proxy that lets streams open and says nothing on them', async () => {
  const { server } = await openChat()
  server.faults.mute()
  await server.publish('chat/general', { text: 'through' })
  await act(() => server.advance(60_000))
  expect(lines()).toEqual(['hello', 'through'])
})

it('leaves nothing open when it goes', async () => {
  const { server } = await openChat()
  expect(server.connections).toHaveLength(1)
  cleanup()
  await server.settle()
  expect(server.connections).toEqual([])
})
