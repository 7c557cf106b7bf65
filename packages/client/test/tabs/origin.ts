import { type ChannelOptions, type ConnectOptions, connect } from '@gamut/client'
import { shareTabs } from '@gamut/client/tabs'
import { createTestServer, type TestEnvironment, type TestServerOptions } from '@gamut/testing/app'
import { expect, onTestFinished } from 'vitest'
import { TestBrowser } from './browser.js'
import { isHeld } from './run.js'

/** How a tab is opened. */
interface TabOptions extends Pick<ConnectOptions, 'getToken' | 'transport'> {
  readonly identity?: string
  /** What the browser has for it. */
  readonly has?: TestBrowser['tab']
  /** How it reads the channel `a`. */
  readonly channel?: ChannelOptions
}

/** A server, and a browser whose tabs share a connection to it. */
export function createOrigin(options: TestServerOptions = {}) {
  const server = createTestServer(options)
  onTestFinished(() => server.close())
  const browser = new TestBrowser()
  const openTab = ({
    identity = 'ada',
    has = browser.tab.bind(browser),
    channel = { cursor: 'oldest' } as ChannelOptions,
    ...rest
  }: TabOptions = {}) => {
    const environment = server.environment({ browser: 'one' })
    const tabs = shareTabs({ identity, browser: has(environment) })
    const gamut = connect(server.url, { environment, tabs, ...rest })
    onTestFinished(() => gamut.close())
    const data: unknown[] = []
    const told: unknown[] = []
    gamut.channel('a', channel).subscribe((message) => data.push(message.data), {
      onGap: ({ reason }) => told.push(`gap ${reason}`),
      onEnd: (reason) => told.push(reason),
      onError: ({ code }) => told.push(code),
    })
    return { environment, tabs, gamut, data, told }
  }
  /** Three tabs of which the first leads. */
  const openThree = async () => {
    await server.publish('a', 1)
    const tabs = [openTab(), openTab(), openTab()] as const
    await server.advance(5000)
    expect(tabs.map((tab) => tab.tabs.status.role)).toEqual(['leader', 'follower', 'follower'])
    return tabs
  }
  /** Who holds connections, one entry for each. */
  const held = () => server.connections.filter(({ way }) => isHeld(way)).map(({ environment }) => environment)
  const stop = (environment: TestEnvironment) => {
    environment.sleep(1e9)
    browser.stop(environment)
  }
  const wake = (environment: TestEnvironment) => {
    browser.wake(environment)
    environment.thaw()
  }
  return { server, browser, openTab, openThree, held, stop, wake }
}
