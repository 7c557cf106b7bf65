// @ts-check
import { createAnswer } from './answer.js'
import { createChart } from './chart.js'
import { createControls } from './controls.js'
import { make, part, write } from './element.js'
import { circumstanceFields, fields, needFields } from './fields.js'
import { advise, formatCount, formatMs } from './model.js'
import { presets } from './presets.js'
import { createHistory, readLink, toLink, withValue } from './state.js'
import { counts, durations } from './stops.js'

/** How long the answer must stay before it is read out, in milliseconds. */
const readOutAfterMs = 700

let { state, wrong } = readLink(location.search)
const keep = createHistory()

/** @param {import('./state.js').State} next */
function change(next, /** @type {string} */ what) {
  state = next
  keep(state, what)
  show()
}

const say = (/** @type {import('./fields.js').Field} */ field, /** @type {unknown} */ value) =>
  change(withValue(state, field, value), field.name)
const go = (/** @type {string} */ name, /** @type {number} */ value) => {
  const field = fields.find((one) => one.name === name)
  if (field) say(field, value)
}

const showNeed = createControls(part('need'), needFields, say)
const showCircumstances = createControls(part('circumstances'), circumstanceFields, say)
const weighed = /** @type {HTMLInputElement} */ (part('weighed'))
const showAnswer = createAnswer(go)
const charts = [
  createChart(
    part('over-readers'),
    {
      name: 'readers',
      title: 'Users at once',
      least: 1,
      most: 10_000_000,
      isWhole: true,
      ticks: [1, 10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000],
      stops: counts(10_000_000),
      say: formatCount,
      sayTick: (value) =>
        value < 1000 ? String(value) : value < 1_000_000 ? `${value / 1000}k` : `${value / 1_000_000}M`,
    },
    (value) => go('readers', value),
  ),
  createChart(
    part('over-staleness'),
    {
      name: 'stalenessMs',
      title: 'How old it may be',
      least: 10,
      most: 86_400_000,
      isWhole: false,
      ticks: [10, 100, 1000, 10_000, 60_000, 600_000, 3_600_000, 86_400_000],
      stops: durations(10, 86_400_000),
      say: formatMs,
      sayTick: (value) =>
        formatMs(value)
          .replace(/^60 s$/, '1 min')
          .replace(/^60 min$/, '1 h')
          .replace(/^24 h$/, '1 day'),
    },
    (value) => go('stalenessMs', value),
  ),
]

/** @type {ReturnType<typeof setTimeout> | undefined} */
let reading
function readOut(/** @type {string} */ text) {
  clearTimeout(reading)
  reading = setTimeout(() => write(part('read-out'), text), readOutAfterMs)
}

/** How to read the drawings. */
const how = {
  weighed:
    'What each pattern takes of nodes of one core, times the trouble it is to build and run. Of the lines that meet the need the lowest is the answer, drawn strong; dotted is too old. Drag the upright line.',
  bare: 'What each pattern takes of nodes of one core. The answer, drawn strong, is the least trouble until another line is far below; dotted is too old. Drag the upright line.',
}

function show() {
  const advice = advise(state.need, state.circumstances)
  showNeed(advice, state)
  showCircumstances(advice, state)
  showAnswer(advice)
  write(part('how'), weighed.checked ? how.weighed : how.bare)
  part('staleness-figure').hidden = advice.need.direction === 'to-server'
  for (const draw of charts) draw(advice, weighed.checked)
  const query = toLink(state)
  for (const button of part('presets').querySelectorAll('button'))
    button.setAttribute('aria-pressed', String(button.dataset['query'] === query))
  part('wrong').hidden = wrong.length === 0
  write(part('wrong'), `The link had what is no need, and it was left out. ${wrong.join(' ')}`)
  readOut(advice.headline)
}

for (const { name, need, circumstances = {} } of presets) {
  const query = toLink({ need, circumstances })
  const button = make('button', { type: 'button', 'data-query': query }, name)
  button.addEventListener('click', () => change({ need, circumstances }, name))
  part('presets').append(button)
}
part('clear').addEventListener('click', () => change({ need: {}, circumstances: {} }, 'clear'))

/** Copies a text and says so on the button, or selects it where the browser does not let it be copied. */
function letCopy(/** @type {string} */ name, /** @type {() => string} */ text) {
  const button = part(name)
  const label = button.textContent ?? ''
  button.addEventListener('click', async () => {
    const isCopied = await navigator.clipboard?.writeText(text()).then(
      () => true,
      () => false,
    )
    write(button, isCopied ? 'Copied' : 'Copy it by hand')
    setTimeout(() => write(button, label), 2000)
  })
}
letCopy('copy-config', () => part('config').textContent ?? '')
letCopy('copy-link', () => location.href)

weighed.addEventListener('change', () => show())
addEventListener('popstate', () => {
  ;({ state, wrong } = readLink(location.search))
  show()
})
new ResizeObserver(() => show()).observe(part('charts'))
