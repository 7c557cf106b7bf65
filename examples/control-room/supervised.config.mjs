// @ts-check
import room from './gamut.config.mjs'
import { openTokens } from './supervisor/tokens.mjs'

const secret = process.env['CONTROL_ROOM_SECRET']
if (!secret) throw new Error('this file is for the supervisor, which gives the secret: npm start')

const tokens = openTokens(secret)

// Whoever started this server has died: nobody would end it.
process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'))

/** The room as the supervisor starts it: with tokens that can be ended. */
export default {
  ...room,
  authenticate: tokens.authenticate,
  // As without tokens: this is for one machine, and the supervisor lets nobody else in.
  authorize: (
    /** @type {unknown} */ _identity,
    /** @type {string} */ _action,
    /** @type {string} */ channel,
  ) => !channel.startsWith('$'),
  async start(/** @type {import('@gamut/server').Gamut} */ gamut) {
    process.on('message', (/** @type {{ endTokens: number }} */ { endTokens }) => {
      tokens
        .end(gamut, endTokens)
        .catch((error) => gamut.logger.warn({ error }, 'the tokens could not be ended'))
    })
    return room.start(gamut)
  },
}
