// @ts-check
import { part, write } from './part.js'

/**
 * Sends what is typed to a channel and shows the answer.
 * @param {HTMLElement} box
 * @param {string} channel
 * @param {(name: string, what: string) => void} announce
 */
export function setUpPublishBox(box, channel, announce) {
  const form = /** @type {HTMLFormElement} */ (part(box, 'form'))
  const input = /** @type {HTMLInputElement} */ (part(box, 'text'))
  const answer = part(box, 'answer')

  /** @param {boolean} isGood @param {string} text */
  const show = (isGood, text) => {
    answer.dataset['good'] = String(isGood)
    write(answer, text)
    announce('Publish', isGood ? 'stored' : 'refused')
  }

  form.addEventListener('submit', async (event) => {
    event.preventDefault()
    const text = input.value.trim()
    if (text === '') return
    const startedAt = performance.now()
    try {
      const response = await fetch(`/channels/${channel}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(text),
      })
      const body = await response.json()
      const ms = Math.round(performance.now() - startedAt)
      if (!response.ok) {
        show(false, `${response.status} ${body.error.code}: ${body.error.message}`)
        return
      }
      show(true, `${response.status} stored in ${ms} ms, cursor ${body.cursor}`)
      if (input.value.trim() === text) input.value = ''
    } catch {
      show(false, 'No answer: the server cannot be reached. Nobody knows whether it was stored.')
    }
  })
}
