import { type ChannelName, errorKinds, isServerChannel, type TransportName } from '@gamut/protocol'
import { type Awaitable, isLater } from '../awaitable.js'
import { type Caller, nobody } from '../core/access/caller.js'
import type { Core } from '../core/core.js'
import type { Entered, Saying } from '../core/presence/presence.js'
import { toRefusal } from '../core/refusal.js'
import { GamutError } from '../error.js'
import { transportTable } from '../transports/table.js'
import {
  errorReply,
  type ReadRequest,
  type Reply,
  statusOf,
  type Transport,
} from '../transports/transport.js'
import { type Asked, askedPresence, askedTransport, type ReadTarget, toReadRequest } from './asked.js'
import type { Call } from './call.js'
import { identifyReader } from './identify.js'
import { together } from './named.js'

function checkCount({ channels }: ReadTarget, most: number): void {
  if (channels.length <= most) return
  throw new GamutError(
    'too_many_channels',
    `At most ${most} channels can be read at once here: open another reader for the rest.`,
  )
}

/** Refuses a read before anything of it is known, in the way of whichever transport it asks for. */
export function refuseRead(call: Call, error: GamutError): Reply {
  let asked: Asked | undefined
  try {
    asked = askedTransport(call)
  } catch {
    // It does not even say how it wants to read.
  }
  return refusal(asked, error, call.core)
}

function refusal(asked: Asked | undefined, error: GamutError, core: Core): Reply {
  // Whoever reads events as frames is no EventSource, and can be told by a status.
  const isPlain = !asked || (asked.isFramed && asked.transport === 'sse')
  return (isPlain ? undefined : transportTable[asked.transport].refuse?.(error, core)) ?? errorReply(error)
}

/** What of a read is known by the time it is answered or refused. */
interface Attempt {
  readonly call: Call
  asked?: Asked
  channels: readonly ChannelName[]
  caller: Caller
}

/** Passes where all of several may be read; else throws a refusal that names those which may not. */
async function passAll(caller: Caller, channels: readonly ChannelName[], { gate }: Core): Promise<void> {
  const refused: [ChannelName, GamutError][] = []
  for (const channel of channels) {
    try {
      const passed = gate.pass(caller, 'read', channel)
      if (isLater(passed)) await passed
    } catch (error) {
      // What a retry can mend is a matter of the server, not of this channel.
      if (!(error instanceof GamutError) || errorKinds[error.code].retry) throw error
      refused.push([channel, error])
    }
  }
  if (refused.length) throw together(refused)
}

async function attemptRead(attempt: Attempt, toTarget: () => ReadTarget): Promise<Reply> {
  const { call } = attempt
  const { core } = call
  const asked = askedTransport(call)
  attempt.asked = asked
  const transport = transportTable[asked.transport]
  if (asked.transport === 'websocket' && !call.request.isUpgrade) {
    throw new GamutError('upgrade_required', 'Ask for a WebSocket by a WebSocket handshake.')
  }
  const target = toTarget()
  const { channels } = target
  attempt.channels = channels
  checkCount(
    target,
    Math.min(transport.maxChannels ?? Number.POSITIVE_INFINITY, core.limits.maxChannelsPerConnection),
  )
  const read = toReadRequest(call, target, asked)
  if (read.isShared) return open(transport, read, core)
  const identified = identifyReader(call, channels)
  const caller = isLater(identified) ? await identified : identified
  attempt.caller = caller
  read.caller = caller
  core.tenure.check(caller)
  const [first] = channels
  const passed =
    channels.length > 1 ? passAll(caller, channels, core) : first && core.gate.pass(caller, 'read', first)
  if (isLater(passed)) await passed
  core.tickets.use(caller)
  const said = askedPresence(call)
  if (said) read.entered = await enter(said, read, core)
  const opened = open(transport, read, core)
  const reply = isLater(opened) ? await opened : opened
  // What is held is watched from its start on; an answer that is whole is sent now or not at all.
  if (reply.kind === 'plain') core.tenure.check(caller, channels)
  return reply
}

/** Has a device be there, or leave, on what is read of the application's channels. */
async function enter(
  said: Pick<Saying, 'device' | 'state'>,
  { caller, address, channels }: ReadRequest,
  core: Core,
): Promise<Entered> {
  const names = channels.map(({ channel }) => channel).filter((name) => !isServerChannel(name))
  core.connections.admitPublish()
  for (const name of names) {
    const passed = core.gate.pass(caller, 'presence', name)
    if (isLater(passed)) await passed
  }
  return core.presence.say({ caller, address, channels: names, ...said })
}

/** Opens a read that the node has room for. */
function open(transport: Transport, read: ReadRequest, core: Core): Awaitable<Reply> {
  if (transport.name !== 'poll') return openHeld(transport, read, core)
  core.connections.admitPoll()
  return transport.open(read, core)
}

/** While its position is looked for it counts as held. */
async function openHeld(transport: Transport, read: ReadRequest, core: Core): Promise<Reply> {
  const opened = core.connections.admit(read.address, transport.name)
  try {
    return await transport.open(read, core)
  } finally {
    opened()
  }
}

/** Answers a read over whichever transport it asks for; a refusal, a wrong name's too, in the way of that transport (PROTOCOL §4, §6, §7). */
export async function read(call: Call, toTarget: () => ReadTarget): Promise<Reply> {
  const attempt: Attempt = { call, channels: [], caller: nobody }
  let reply: Reply
  try {
    reply = await attemptRead(attempt, toTarget)
  } catch (thrown) {
    const error = toRefusal(thrown, call.core)
    if (call.core.trace.isOn) noteRefusal(attempt, error)
    reply = refusal(attempt.asked, error, call.core)
  }
  return counted(reply, attempt.asked?.transport ?? '', call.core)
}

/** Counts an answer whose status is known; whoever parks counts its own. */
function counted(reply: Reply, transport: TransportName | '', core: Core): Reply {
  if (reply.kind !== 'parked') core.tally.count('gamut_requests_total', 'read', transport, statusOf(reply))
  return reply
}

/** Notes who was refused what, where that is traced. */
function noteRefusal({ call, asked, channels, caller: { identity } }: Attempt, { code }: GamutError): void {
  if (!asked || channels.length === 0) return
  const { transport } = asked
  const { address } = call.request
  call.core.trace.refused({ id: '', transport, identity: identity?.id ?? null, address }, channels, code)
}
