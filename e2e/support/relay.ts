import { openRelay as openScriptRelay } from '../../scripts/system/relay.mjs'
import { endWithTest } from './end-with-test.js'

/** An address that leads to one Redis and, after a failover, to another. It ends with the test. */
export interface Relay {
  readonly port: number
  readonly url: string
  /** New connections lead there; those that are open are cut, or left where they are. */
  lead(port: number, old?: 'cut' | 'left'): void
}

/** Opens one that leads to a port. */
export async function openRelay(first: number): Promise<Relay> {
  const { port, lead, close } = await openScriptRelay(0, first)
  endWithTest(async () => close())
  return { port, lead, url: `redis://127.0.0.1:${port}` }
}
