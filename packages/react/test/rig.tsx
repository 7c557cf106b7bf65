import { type ConnectOptions, connect, type Gamut } from '@gamut/client'
import { GamutProvider } from '@gamut/react'
import { createTestServer, type TestServer, type TestServerOptions } from '@gamut/testing/app'
import { act, type ReactElement, type ReactNode, StrictMode } from 'react'
import { createRoot, hydrateRoot } from 'react-dom/client'
import { onTestFinished } from 'vitest'

declare global {
  var IS_REACT_ACT_ENVIRONMENT: boolean
}

/** A server in memory, a client of it over SSE, and what that asked for. */
export function startServer(
  options: TestServerOptions<object> = {},
  client: ConnectOptions = {},
): { readonly server: TestServer<object>; readonly gamut: Gamut; readonly asked: string[] } {
  const server = createTestServer<object>(options)
  onTestFinished(() => server.close())
  const page = server.environment()
  const asked: string[] = []
  const fetch: typeof page.fetch = (input, init) => {
    asked.push(decodeURIComponent(`${init?.method ?? 'GET'} ${String(input).slice(server.url.length)}`))
    return page.fetch(input, init)
  }
  const environment = Object.assign(Object.create(page), { fetch })
  const gamut = connect(server.url, { environment, transport: 'sse', ...client })
  onTestFinished(() => gamut.close())
  return { server, gamut, asked }
}

/** Components in a page, in strict mode. */
export interface Page {
  /** What the page shows. */
  text(): string
  readonly container: HTMLElement
  /** Renders something else in the same place. */
  show(element: ReactNode): Promise<void>
  /** Does something, and lets everything come of it that needs no time. */
  after(what: () => unknown): Promise<void>
  unmount(): Promise<void>
}

/** Renders into a page; into what a server has rendered, if there is that. */
export async function open(
  { server, gamut }: Pick<ReturnType<typeof startServer>, 'server' | 'gamut'>,
  element: ReactNode,
  { html, wrongs = [] }: { readonly html?: string; readonly wrongs?: unknown[] } = {},
): Promise<Page> {
  globalThis.IS_REACT_ACT_ENVIRONMENT = true
  const container = document.createElement('div')
  const wrap = (inside: ReactNode): ReactElement => (
    <StrictMode>
      <GamutProvider gamut={gamut}>{inside}</GamutProvider>
    </StrictMode>
  )
  const after = async (what: () => unknown) => {
    await act(async () => void (await what()))
    await act(() => server.settle())
  }
  if (html !== undefined) container.innerHTML = html
  const tell = { onRecoverableError: (error: unknown) => wrongs.push(error) }
  const root = html === undefined ? createRoot(container, tell) : undefined
  let hydrated: typeof root
  const show = (inside: ReactNode) =>
    after(() => {
      const known = root ?? hydrated
      if (known) known.render(wrap(inside))
      else hydrated = hydrateRoot(container, wrap(inside), tell)
    })
  const unmount = () => after(() => (root ?? hydrated)?.unmount())
  onTestFinished(unmount)
  await show(element)
  return { text: () => container.textContent, container, show, after, unmount }
}
