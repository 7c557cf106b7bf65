import type { Advice } from './advise.js'
import type { FullNeed } from './need.js'
import { usualHeartbeatMs, usualRotateMs } from './settings.js'

/** What of a need stands in a channel's definition: what a server cannot measure, or not from the start. */
function needText(
  { direction, updatesPerSecond, clientMessagesPerSecond, stalenessMs, readers }: FullNeed,
  columns: number,
) {
  const sends = direction !== 'to-client'
  const fields = {
    ...(sends && { direction: `'${direction}'` }),
    ...(direction !== 'to-server' && { updatesPerSecond, stalenessMs }),
    ...(sends && { clientMessagesPerSecond }),
    readers,
  }
  const shown = (value: string | number) =>
    typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(4)) : value
  const all = Object.entries(fields).map(([name, value]) => `${name}: ${shown(value)}`)
  const line = `      need: { ${all.join(', ')} },`
  return line.length <= columns
    ? [line]
    : ['      need: {', ...all.map((one) => `        ${one},`), '      },']
}

/** An option of the server; what it has anyway is said to be that. */
const serverLine = (name: string, value: number | undefined, usual: number) =>
  value === undefined ? [] : [`  ${name}: ${value},${value === usual ? ' // the default' : ''}`]

/** The options of a server that an answer asks for, as they stand in a config file: of the channel, and of the server itself. A need that is longer than so many columns takes several lines. */
export function configText({ need, settings }: Pick<Advice, 'need' | 'settings'>, columns = 76): string {
  const { conflate, retention, heartbeatMs, rotateMs } = settings
  const { count, ageMs } = retention
  const server = [
    ...serverLine('heartbeatMs', heartbeatMs, usualHeartbeatMs),
    ...serverLine('maxAgeMs', rotateMs, usualRotateMs),
  ]
  return [
    '{',
    '  channels: {',
    `    'your/channel': {`,
    ...needText(need, columns),
    ...(need.direction === 'to-server' ? [] : [`      retention: { count: ${count}, ageMs: ${ageMs} },`]),
    ...(conflate
      ? ['      conflate: true, // messages carry a key; if there are several keys, add keyed: true']
      : []),
    '    },',
    '  },',
    ...server,
    '}',
  ].join('\n')
}
