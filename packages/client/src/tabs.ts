import type { TransportName } from '@gamut/protocol'
import { Tab, type TabsBrowser, type TabsStatus } from './tabs/tab.js'
import { TabLink } from './tabs/tab-link.js'
import type { LinkListener, LinkRequest, Transport } from './transports/transport.js'

export type { TabsBrowser, TabsStatus } from './tabs/tab.js'

/** A browser that may lack any of it. */
type AnyBrowser = { readonly [Name in keyof TabsBrowser]?: TabsBrowser[Name] | undefined }

/** How tabs share. */
export interface TabsOptions {
  /** Who reads, such as the user's id; `''` where everybody may read the same. Only tabs of one identity share: each is told what another may read. */
  readonly identity: string
  /** Web Locks and BroadcastChannel of this browser, if they are not those of the page. */
  readonly browser?: AnyBrowser | undefined
}

/** One connection for all tabs of an origin: what `connect` takes as `tabs`. For one client. */
export interface Tabs {
  /** What this tab is among those that share, and why. */
  readonly status: TabsStatus
  /** Tells of every change of the status. Returns how to stop. */
  onStatus(listener: (status: TabsStatus) => void): () => void
  /** Makes a transport one that all tabs share. */
  share(transport: Transport): Transport
}

function pageBrowser(): AnyBrowser {
  const { navigator, BroadcastChannel } = globalThis as Partial<typeof globalThis>
  return { locks: navigator?.locks, BroadcastChannel }
}

/** Lets a client share its connection with those of other tabs. Where tabs cannot talk to each other each has its own. */
export function shareTabs({ identity, browser = pageBrowser() }: TabsOptions): Tabs {
  // Tabs of two users whose ids are not known yet would be told each other's messages.
  if (typeof identity !== 'string')
    throw new TypeError('shareTabs needs an identity: "" if all read the same')
  const { locks, BroadcastChannel } = browser
  const transports = new Map<TransportName, Transport>()
  const listeners = new Set<(status: TabsStatus) => void>()
  let status: TabsStatus = { role: 'idle', why: 'rest' }
  let tab: Tab | undefined
  const changed = (next: TabsStatus) => {
    if (next.role === status.role) return
    status = next
    // What one throws is the runtime's to report, and nobody else's matter.
    for (const listener of listeners) queueMicrotask(() => listener(next))
  }
  const open = (own: Transport, request: LinkRequest, listener: LinkListener) => {
    if (!locks || !BroadcastChannel || tab?.isMissing) {
      changed({ role: 'alone', why: 'missing' })
      return own.open(request, listener)
    }
    const { url, environment } = request.server
    // Pages of two folders mean two servers by the same relative address.
    const name = `gamut 1 ${new URL(url, globalThis.location?.href)} ${identity}`
    tab ??= new Tab({ browser: browser as TabsBrowser, name, environment, transports, changed })
    const link = new TabLink(tab, own.name, request, listener)
    tab.join(link)
    return link
  }
  return {
    get status() {
      return status
    },
    onStatus: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    share: (own) => {
      // A poll holds no connection.
      if (own.name === 'poll') return own
      transports.set(own.name, own)
      return { ...own, open: (request, listener) => open(own, request, listener) }
    },
  }
}
