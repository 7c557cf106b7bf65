// @ts-check
import { part, write } from './part.js'

const copiedMs = 1600

/**
 * The lines that read the shown channel in each way, and one that publishes. For this very host.
 * @param {string} channel
 * @param {string} chat
 * @returns {(readonly [string, string])[]}
 */
function lines(channel, chat) {
  const url = `${location.origin}/channels/${channel}`
  return [
    ['Now', `curl ${url}`],
    ['The next change', `curl '${url}?wait=25&cursor=newest'`],
    ['A stream of events', `curl -N '${url}?as=sse'`],
    ['A stream of lines', `curl -N '${url}?as=ndjson'`],
    ['Publish', `curl --json '"hello from curl"' ${location.origin}/channels/${chat}`],
  ]
}

/**
 * Shows the lines, each with a button that copies it; gives what to call when another channel is shown.
 * @param {HTMLElement} list
 * @param {HTMLTemplateElement} template
 * @param {string} chat
 * @param {(name: string, what: string) => void} announce
 */
export function setUpCurlLines(list, template, chat, announce) {
  const rows = lines('', chat).map(([title]) => {
    const row = /** @type {DocumentFragment} */ (template.content.cloneNode(true))
    const [code, button] = [part(row, 'line'), part(row, 'copy')]
    write(part(row, 'name'), title)
    button.setAttribute('aria-label', `Copy: ${title}`)
    button.addEventListener('click', async () => {
      await copy(code)
      announce('curl', 'copied')
      write(button, 'Copied')
      setTimeout(() => write(button, 'Copy'), copiedMs)
    })
    list.append(row)
    return code
  })
  return (/** @type {string} */ channel) => {
    for (const [index, [, line]] of lines(channel, chat).entries()) {
      const row = rows[index]
      if (row) write(row, line)
    }
  }
}

/** Where the page may not reach the clipboard, the line is at least selected. @param {HTMLElement} code */
async function copy(code) {
  getSelection()?.selectAllChildren(code)
  await navigator.clipboard?.writeText(code.textContent ?? '').catch(() => {})
}
