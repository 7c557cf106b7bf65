import { brokers } from './brokers.ts'
import { bun } from './bun.ts'
import { control, floor, httpLoop, joined, wsLoop } from './controls.ts'
import { centrifugo, mercure } from './go-peers.ts'
import { nchan } from './nchan.ts'
import { betterSse, socketIo, socketIoRecovery } from './node-peers.ts'
import { ours } from './ours.ts'
import { severalNodes } from './several-nodes.ts'
import type { System } from './system.ts'

/** Everything that can be measured, in the order of the report. */
export const systems: readonly System[] = [
  ours,
  control,
  joined,
  wsLoop,
  httpLoop,
  socketIo,
  socketIoRecovery,
  betterSse,
  nchan,
  bun,
  centrifugo,
  mercure,
  floor,
  ...severalNodes,
  ...brokers,
]
