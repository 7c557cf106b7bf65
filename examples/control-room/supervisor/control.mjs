// @ts-check
import { faultNames } from './faults.mjs'
import { issueToken } from './tokens.mjs'

/** @typedef {import('node:http').IncomingMessage} Request */
/** @typedef {import('node:http').ServerResponse} Response */

function answer(/** @type {Response} */ response, /** @type {number} */ status, /** @type {object} */ body) {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
  response.end(JSON.stringify(body))
}

/**
 * What the page asks of the supervisor: how things are, a token, and to break or mend something. A page of another origin
 * can read nothing, as no answer lets it, and ask for nothing, as who does must be of this one.
 * @param {import('./faults.mjs').Faults} faults
 * @param {string} secret
 * @returns {(request: Request, response: Response) => boolean} Whether that was for it.
 */
export function createControl(faults, secret) {
  const state = () => ({ isSupervised: true, ...faults.state() })
  const begin = (/** @type {string} */ name) => () => {
    void faults.begin(name)
    return state()
  }
  const end = (/** @type {string} */ name) => () => {
    faults.end(name)
    return state()
  }
  /** @type {Readonly<Record<string, () => object | Promise<object>>>} */
  const asked = {
    '/faults/token': async () => ({ token: await issueToken(secret) }),
    '/faults/mend': () => {
      faults.endAll()
      return state()
    },
    ...Object.fromEntries(faultNames.map((name) => [`/faults/${name}/begin`, begin(name)])),
    ...Object.fromEntries(faultNames.map((name) => [`/faults/${name}/end`, end(name)])),
  }
  return (request, response) => {
    const { method, url = '', headers } = request
    if (url === '/faults.json') {
      answer(response, 200, state())
      return true
    }
    if (!url.startsWith('/faults/')) return false
    const act = asked[url]
    if (!act) answer(response, 404, { error: `There is no ${url}. Faults are ${faultNames.join(', ')}.` })
    else if (method !== 'POST') answer(response, 405, { error: 'Ask for it by POST.' })
    else if (headers.origin !== `http://${headers.host}`)
      answer(response, 403, { error: 'This is for the page itself: send its Origin.' })
    else void Promise.resolve(act()).then((body) => answer(response, 200, body))
    return true
  }
}
