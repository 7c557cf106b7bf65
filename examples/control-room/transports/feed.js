// @ts-check
import { createAnnouncer } from './announcer.js'
import { setUpCurlLines } from './curl-lines.js'
import { Panel } from './panel.js'
import { part } from './part.js'
import { setUpPublishBox } from './publish-box.js'
import { eventSource } from './readers/event-source.js'
import { ndjson } from './readers/ndjson.js'
import { longPoll, poll } from './readers/poll.js'
import { webSocket } from './readers/web-socket.js'
import { setUpTheme } from './theme.js'

const chat = 'chat/lobby'
/** A glance at another tab is no reason to let go of the connections. */
const restAfterMs = 5000

/** @type {readonly (import('./panel.js').Transport & { name: string })[]} */
const transports = [
  { name: 'poll', title: 'Poll', how: 'ask, answer, wait', prepare: poll },
  { name: 'long-poll', title: 'Long poll', how: 'the answer waits', prepare: longPoll },
  { name: 'sse', title: 'SSE', how: 'native EventSource', prepare: eventSource },
  { name: 'ndjson', title: 'HTTP stream', how: 'NDJSON by fetch', prepare: ndjson },
  { name: 'websocket', title: 'WebSocket', how: 'frames both ways', prepare: webSocket },
]

const announce = createAnnouncer(part(document, 'announcements'))
const template = /** @type {HTMLTemplateElement} */ (document.getElementById('panel'))
const panels = transports.map((transport) => {
  const fragment = /** @type {DocumentFragment} */ (template.content.cloneNode(true))
  const element = part(fragment, 'panel')
  element.dataset['transport'] = transport.name
  const title = part(element, 'title')
  title.id = `title-${transport.name}`
  element.setAttribute('aria-labelledby', title.id)
  part(document, 'panels').append(fragment)
  return new Panel(element, transport, announce)
})

const showCurlLines = setUpCurlLines(
  part(document, 'curl'),
  /** @type {HTMLTemplateElement} */ (document.getElementById('curl-line')),
  chat,
  announce,
)
setUpPublishBox(part(document, 'publish'), chat, announce)
setUpTheme(part(document, 'theme'))
setUpPicker()
setUpRest()

/** The address keeps the channel, so that a reload or a link shows the same. */
function setUpPicker() {
  const picker = /** @type {HTMLFormElement} */ (part(document, 'picker'))
  const inputs = [.../** @type {NodeListOf<HTMLInputElement>} */ (picker.querySelectorAll('input'))]
  const show = () => {
    const channel = inputs.find(({ checked }) => checked)?.value ?? chat
    for (const panel of panels) panel.read(channel)
    showCurlLines(channel)
    history.replaceState(null, '', `#${channel}`)
  }
  const pick = (/** @type {string} */ channel) => {
    const wanted = inputs.find(({ value }) => value === channel)
    if (wanted) wanted.checked = true
    show()
  }
  picker.addEventListener('change', show)
  window.addEventListener('hashchange', () => pick(location.hash.slice(1)))
  part(document, 'show-chat').addEventListener('click', () => pick(chat))
  pick(location.hash.slice(1))
}

/** A browser opens six connections to a host: a page that nobody looks at gives its own back. */
function setUpRest() {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer
  const rest = (/** @type {boolean} */ isResting) => {
    for (const panel of panels) panel.rest(isResting)
  }
  const follow = () => {
    clearTimeout(timer)
    if (document.hidden) timer = setTimeout(() => rest(true), restAfterMs)
    else rest(false)
  }
  document.addEventListener('visibilitychange', follow)
  follow()
}
