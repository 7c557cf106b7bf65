// @ts-check
import { labels } from './chart.js'
import { make, part, write } from './element.js'
import { configText, formatBytes, formatCount, formatMs, patternNames, verdictOf } from './model.js'

/**
 * @typedef {import('@gamut/advisor').Advice} Advice
 * @typedef {import('@gamut/advisor').Option} Option
 * @typedef {(field: string, value: number) => void} Go
 */

/** How a pattern is to be set, in words. */
function settingTexts(/** @type {Advice} */ { settings, pattern, need }) {
  const { pollAfterMs, waitMs, heartbeatMs, rotateMs, retention } = settings
  const isRead = need.direction !== 'to-server'
  const kept = `${formatCount(retention.count)} ${retention.count === 1 ? 'message' : 'messages'}`
  return [
    ...(pattern === 'request' ? [isRead ? 'Ask when somebody looks.' : 'Send what is to be sent.'] : []),
    ...(pollAfterMs
      ? [`Poll every ${formatMs(pollAfterMs)}; the server says so, and the client obeys.`]
      : []),
    ...(waitMs ? [`Hold each question for ${formatMs(waitMs)}.`] : []),
    ...(heartbeatMs ? [`A sign of life after ${formatMs(heartbeatMs)} of silence.`] : []),
    ...(rotateMs ? [`A new connection every ${formatMs(rotateMs)}.`] : []),
    ...(isRead ? [`Keep ${kept} or ${formatMs(retention.ageMs)}, for who was away.`] : []),
  ]
}

/** The headline with the pattern's name made strong. */
function headline(/** @type {Advice} */ { headline: text, pattern }) {
  const name = patternNames[pattern]
  const from = text.toLowerCase().indexOf(name.toLowerCase())
  if (from < 0) return [text]
  return [
    text.slice(0, from),
    make('strong', {}, text.slice(from, from + name.length)),
    text.slice(from + name.length),
  ]
}

/**
 * A list of reasons, one for each pattern, that of the answer first.
 * @param {Advice} advice
 */
function reasons({ reasons: all, pattern }) {
  const sorted = [...all].sort((a, b) => Number(b.pattern === pattern) - Number(a.pattern === pattern))
  return sorted.map((reason, index) =>
    make(
      'li',
      { class: `reason of-${reason.pattern}`, 'data-taken': reason.pattern === pattern },
      make(
        'span',
        { class: 'chip' },
        reason.pattern === sorted[index - 1]?.pattern ? '' : labels[reason.pattern],
      ),
      make('span', {}, reason.text),
    ),
  )
}

/**
 * Where the answer changes, each a button that goes there.
 * @param {Advice} advice
 * @param {Go} go
 */
function breakEvens({ breakEven }, go) {
  return breakEven.map(({ text, field, value, pattern }) => {
    const button = make('button', { type: 'button', class: `go of-${pattern}`, 'data-field': field }, text)
    button.addEventListener('click', () => go(field, value))
    return make('li', {}, button)
  })
}

const small = (/** @type {number} */ value) => (value > 0 && value < 0.001 ? '<0.001' : formatCount(value))

/** @type {readonly (readonly [head: string, title: string, cell: (option: Option) => string])[]} */
const columns = [
  [
    'Age',
    'How old what is seen is, in all but one of a hundred moments',
    ({ stalenessMs }) => formatMs(stalenessMs.p99),
  ],
  ['Requests/s', 'Requests a second, of all readers', ({ requestsPerSecond }) => small(requestsPerSecond)],
  [
    'wasted',
    'Of them, those that bring nothing',
    ({ wastedRequestsPerSecond }) => small(wastedRequestsPerSecond),
  ],
  ['Connections', 'Open at once', ({ connections }) => formatCount(Math.round(connections))],
  [
    'Bytes/s',
    'With heads, frames, TCP/IP and TLS',
    ({ bytesPerSecond: { down, up, overhead } }) => formatBytes(down + up + overhead),
  ],
  [
    'Cores',
    'Of the server, its kernel and a proxy',
    ({ cores }) => small(cores.user + cores.kernel + cores.proxy),
  ],
  [
    'Memory',
    'Of the same',
    ({ memoryBytes: { process, kernel, slow, proxy } }) => formatBytes(process + kernel + slow + proxy),
  ],
]

/** What each pattern takes. */
function rows(/** @type {Advice} */ advice) {
  return advice.patterns.map((option) =>
    make(
      'tr',
      {
        class: `of-${option.pattern}`,
        'data-pattern': option.pattern,
        'data-taken': option.pattern === advice.pattern,
        'data-fails': !option.meets,
      },
      make('th', { scope: 'row' }, labels[option.pattern]),
      make('td', { class: 'verdict' }, verdictOf(option, advice)),
      ...columns.map(([, , cell]) => make('td', {}, cell(option))),
    ),
  )
}

/** Puts the heads into the table, and gives what shows an answer in all its parts. */
export function createAnswer(/** @type {Go} */ go) {
  part('heads').append(
    make('th', { scope: 'col' }, 'Pattern'),
    make('th', { scope: 'col' }, 'Verdict'),
    ...columns.map(([head, title]) => make('th', { scope: 'col', title }, head)),
  )
  // Whoever scrolls by keys can get there, in browsers too that do not let them by themselves.
  for (const name of ['table', 'code']) part(name).tabIndex = 0
  return (/** @type {Advice} */ advice) => {
    const { pattern, meets, warnings, assumed, calibration } = advice
    const card = part('answer')
    card.className = `answer card of-${pattern}`
    card.toggleAttribute('data-unmet', !meets)
    write(part('eyebrow'), meets ? 'Take' : 'Nearest is')
    write(part('pattern'), patternNames[pattern])
    part('headline').replaceChildren(...headline(advice))
    part('settings').replaceChildren(...settingTexts(advice).map((text) => make('li', {}, text)))
    part('warnings').hidden = warnings.length === 0
    part('warnings').replaceChildren(...warnings.map(({ text }) => make('li', {}, text)))
    part('reasons').replaceChildren(...reasons(advice))
    part('break-evens').replaceChildren(...breakEvens(advice, go))
    part('no-break-even').hidden = advice.breakEven.length > 0
    part('rows').replaceChildren(...rows(advice))
    write(part('config'), configText(advice))
    write(
      part('assumed'),
      assumed.length === 0
        ? 'Everything was said.'
        : `Taken for what was not said: ${assumed.map(({ text }) => text).join('; ')}.`,
    )
    write(
      part('calibration'),
      `Figures of ${calibration.runtime} on ${calibration.machine}, ${calibration.date}, with a proxy’s share. What decides are their proportions.`,
    )
  }
}
