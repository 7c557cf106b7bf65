// @vitest-environment happy-dom
import { GamutProvider, useLatest } from '@gamut/react'
import { act, startTransition, useLayoutEffect } from 'react'
import { createRoot } from 'react-dom/client'
import { describe, expect, it, vi } from 'vitest'
import { open, startServer } from './rig.js'

const numbers = Array.from({ length: 60 }, (_, index) => index)

/** Renders for so long that React lets something else happen in between. */
function Slow({ index, during }: { readonly index: number; readonly during: (index: number) => void }) {
  const message = useLatest('log')
  const start = performance.now()
  while (performance.now() - start < 1) during(index)
  return `${message?.data}`
}

/** Many of them, and what was to be seen at each commit. */
function Many({ during, seen }: { readonly during: (index: number) => void; readonly seen: string[] }) {
  useLayoutEffect(() => {
    seen.push(document.body.textContent)
  })
  return numbers.map((index) => <Slow key={index} index={index} during={during} />)
}

describe('rendering that is interrupted', () => {
  it('shows one state of a channel in all components, whatever comes in between', async () => {
    const ours = startServer()
    const { server, gamut } = ours
    await server.publish('log', 'a')
    const reading = await open(ours, <Slow index={-1} during={() => {}} />)
    expect(reading.text()).toBe('a')
    globalThis.IS_REACT_ACT_ENVIRONMENT = false
    const container = document.body.appendChild(document.createElement('div'))
    const root = createRoot(container)
    const texts = new Set<string>()
    const seen: string[] = []
    let isPublished = false
    const during = (index: number) => {
      if (index !== 10 || isPublished) return
      isPublished = true
      void server.publish('log', 'b').then(() => server.settle())
    }
    const observer = new MutationObserver(() => texts.add(document.body.textContent))
    observer.observe(document.body, { childList: true, characterData: true, subtree: true })
    startTransition(() =>
      root.render(
        <GamutProvider gamut={gamut}>
          <Many during={during} seen={seen} />
        </GamutProvider>,
      ),
    )
    await vi.waitFor(() => expect(document.body.textContent).toBe('b'.repeat(numbers.length)))
    observer.disconnect()
    globalThis.IS_REACT_ACT_ENVIRONMENT = true
    await act(() => root.unmount())
    for (const text of [...seen, ...texts]) expect(new Set(text).size).toBeLessThanOrEqual(1)
  })
})
