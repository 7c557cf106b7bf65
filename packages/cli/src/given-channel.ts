import { type ChannelName, parseChannelName } from '@gamut/protocol'
import { Failure } from './failure.js'

/** A channel as it was typed; throws a `Failure` that says what is wrong with its name. */
export function givenChannel(name: string): ChannelName {
  const channel = parseChannelName(name)
  if (channel.ok) return channel.value
  throw new Failure(`${channel.code}: ${channel.message}`)
}
