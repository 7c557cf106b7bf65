import type { Need } from '@gamut/advisor'
import { connect, type Gamut } from '@gamut/client'
import { needs } from '../needs.mjs'
import { behindCurtain, pollHiddenAfterMs } from './faults/curtain.js'
import { type Records, recorded } from './faults/recorder.js'
import { forgetToken, getToken } from './faults/supervisor.js'
import { Meter } from './meter.js'
import { shareTruth, withLook } from './share-truth.js'

/** A widget's own way to the server. */
export interface Link {
  readonly title: string
  readonly need: Need
  readonly gamut: Gamut
  readonly meter: Meter
  /** What its channels were told, to be compared with the server's log. */
  readonly records: Records
  look(): void
}

/**
 * One client would carry all of this page over the chat's WebSocket, as that costs least. Here each widget has a client of
 * its own, so that it takes the pattern that its need alone asks for, and so that its cost can be told.
 */
function open(title: string, need: Need): Link {
  const meter = new Meter()
  const { environment, look } = withLook(behindCurtain(meter.environment))
  const records: Records = new Map()
  const gamut = connect(location.origin, { environment, getToken, pollHiddenAfterMs })
  gamut.onStatus(({ reason }) => {
    if ('error' in reason && reason.error === 'unauthenticated') forgetToken()
  })
  return { title, need, meter, look, records, gamut: recorded(gamut, records) }
}

/** The page's links, in the order of its status line. They open nothing before something is shown. */
export const links = {
  metrics: open('This machine', needs.metrics),
  chat: open('Team chat', needs.chat),
  board: open('Shared board', needs.board),
  notices: open('Notifications', needs.notices),
  report: open('Daily report', needs.report),
  settings: open('Settings', needs.settings),
  deploy: open('Deploy', needs.deploy),
} as const

shareTruth(Object.values(links))
