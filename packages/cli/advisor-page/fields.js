// @ts-check
import { formatBytes, formatCount, formatMs, formatRate } from './model.js'
import { counts, durations, rates, series } from './stops.js'

/**
 * A number on a scale of stops, one of some choices, or a fact that is so or not. `in` and `name` are where the advisor has it.
 * @typedef {{ in: 'need' | 'circumstances', name: string, label: string, hint?: string, isOpen?: (need: import('@gamut/advisor').FullNeed) => boolean }} Common
 * @typedef {Common & { kind: 'scale', stops: readonly number[], say: (value: number) => string }} Scale
 * @typedef {Common & { kind: 'choice', choices: readonly (readonly [value: string | number, label: string])[] }} Choice
 * @typedef {Common & { kind: 'fact' }} Fact
 * @typedef {Scale | Choice | Fact} Field
 */

/** @type {(need: import('@gamut/advisor').FullNeed) => boolean} */
const isRead = ({ direction }) => direction !== 'to-server'

/** What is asked of a use, in the order of the page. */
/** @type {readonly Field[]} */
export const needFields = [
  {
    in: 'need',
    name: 'direction',
    kind: 'choice',
    label: 'Who sends?',
    choices: [
      ['to-client', 'The server'],
      ['both', 'Both'],
      ['to-server', 'Clients'],
    ],
  },
  {
    in: 'need',
    name: 'updatesPerSecond',
    kind: 'scale',
    label: 'New messages come',
    stops: rates(1 / 86_400, 1000),
    say: (value) => (value === 0 ? 'never' : formatRate(value)),
    isOpen: isRead,
  },
  {
    in: 'need',
    name: 'stalenessMs',
    kind: 'scale',
    label: 'They may be this old',
    stops: durations(10, 86_400_000),
    say: formatMs,
    isOpen: isRead,
  },
  {
    in: 'need',
    name: 'clientMessagesPerSecond',
    kind: 'scale',
    label: 'Each client sends',
    stops: rates(1 / 86_400, 100),
    say: (value) => (value === 0 ? 'never' : formatRate(value)),
    isOpen: ({ direction }) => direction !== 'to-client',
  },
  {
    in: 'need',
    name: 'readers',
    kind: 'scale',
    label: 'Users at once',
    stops: counts(10_000_000),
    say: formatCount,
  },
  {
    in: 'need',
    name: 'audience',
    kind: 'choice',
    label: 'They read',
    choices: [
      ['shared', 'All the same'],
      ['per-user', 'Each their own'],
    ],
  },
  {
    in: 'need',
    name: 'loss',
    kind: 'choice',
    label: 'Of several that wait they need',
    choices: [
      ['must-not', 'Every one'],
      ['may-miss', 'The newest'],
    ],
    isOpen: isRead,
  },
  {
    in: 'need',
    name: 'messageBytes',
    kind: 'scale',
    label: 'Size of a message',
    stops: series(10, 1_000_000),
    say: formatBytes,
  },
  {
    in: 'need',
    name: 'readingMs',
    kind: 'scale',
    label: 'A page stays open',
    stops: durations(1000, 86_400_000),
    say: formatMs,
  },
]

/** What is between users and the server. */
/** @type {readonly Field[]} */
export const circumstanceFields = [
  {
    in: 'circumstances',
    name: 'platform',
    kind: 'choice',
    label: 'Where does the server run?',
    choices: [
      ['server', 'Server'],
      ['serverless', 'Functions'],
      ['edge', 'Edge'],
    ],
    hint: 'A function ends after a time. An edge object bills what it holds open, and lets WebSockets sleep.',
  },
  {
    in: 'circumstances',
    name: 'http',
    kind: 'choice',
    label: 'What do browsers speak?',
    choices: [
      [1.1, 'HTTP/1.1'],
      [2, 'HTTP/2'],
      [3, 'HTTP/3'],
    ],
  },
  {
    in: 'circumstances',
    name: 'tabsPerUser',
    kind: 'scale',
    label: 'Tabs that a user has open',
    stops: Array.from({ length: 20 }, (_, index) => index + 1),
    say: formatCount,
  },
  {
    in: 'circumstances',
    name: 'roundTripMs',
    kind: 'scale',
    label: 'Round trip to the server',
    stops: series(1, 1000),
    say: formatMs,
  },
  {
    in: 'circumstances',
    name: 'timeLimitMs',
    kind: 'scale',
    label: 'A request may take',
    stops: [0, ...durations(1000, 3_600_000)],
    say: (value) => (value === 0 ? 'as long as it likes' : formatMs(value)),
  },
  {
    in: 'circumstances',
    name: 'proxyCutsAfterMs',
    kind: 'scale',
    label: 'Something cuts silence after',
    stops: [0, ...durations(1000, 3_600_000)],
    say: (value) => (value === 0 ? 'nothing does' : formatMs(value)),
  },
  {
    in: 'circumstances',
    name: 'userRegions',
    kind: 'scale',
    label: 'Regions with users',
    stops: Array.from({ length: 20 }, (_, index) => index + 1),
    say: formatCount,
  },
  {
    in: 'circumstances',
    name: 'serverRegions',
    kind: 'scale',
    label: 'Regions with servers',
    stops: Array.from({ length: 20 }, (_, index) => index + 1),
    say: formatCount,
  },
  { in: 'circumstances', name: 'proxied', kind: 'fact', label: 'A proxy of ours is in front' },
  { in: 'circumstances', name: 'tls', kind: 'fact', label: 'Browsers speak TLS' },
  { in: 'circumstances', name: 'sharedCache', kind: 'fact', label: 'A shared cache or CDN is in front' },
  { in: 'circumstances', name: 'onBattery', kind: 'fact', label: 'Readers are phones on battery' },
  {
    in: 'circumstances',
    name: 'proxyBuffers',
    kind: 'fact',
    label: 'Something holds answers back until they are whole',
  },
  { in: 'circumstances', name: 'refusesWebSocket', kind: 'fact', label: 'Something takes no WebSocket' },
]

/** All of them. */
export const fields = [...needFields, ...circumstanceFields]
