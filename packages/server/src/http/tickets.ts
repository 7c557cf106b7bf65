import { type ChannelName, isJsonObject, parseChannelName } from '@gamut/protocol'
import { GamutError } from '../error.js'
import { take } from '../take.js'
import type { Reply } from '../transports/transport.js'
import { readJson } from './body.js'
import type { Call } from './call.js'
import { freshJson } from './fresh-json.js'
import { identifyWriter } from './identify.js'

function toChannels(value: unknown, most: number): readonly ChannelName[] {
  const list = isJsonObject(value) && Object.keys(value).length === 1 ? value['channels'] : undefined
  if (!Array.isArray(list) || list.length === 0 || new Set(list).size < list.length) {
    throw new GamutError('body_invalid', 'The body is {"channels":["a","b"]}, each channel once.')
  }
  if (list.length > most) {
    throw new GamutError('too_many_channels', `A ticket is for at most ${most} channels: ask for several.`)
  }
  return list.map((name) => take(parseChannelName(name)))
}

/** `POST /tickets`: leave for whoever asks to read channels by what may stand in a URL (PROTOCOL §12). */
export async function issueTicket(call: Call): Promise<Reply> {
  const { request, core } = call
  const caller = await identifyWriter(call)
  const { identity } = caller
  if (identity === null) throw new GamutError('unauthenticated', 'Say who you are: a ticket is for somebody.')
  const channels = toChannels((await readJson(request, core)).value, core.limits.maxChannelsPerConnection)
  for (const channel of channels) await core.gate.pass(caller, 'read', channel)
  const issued = await core.tickets.issue(identity, channels)
  core.tenure.check(caller, channels)
  return freshJson(201, issued)
}
