import { type ChannelName, parseChannelName } from '../src/index.js'

/** A name that must be one. */
export function channelName(text: string): ChannelName {
  const name = parseChannelName(text)
  if (!name.ok) throw new Error(`${JSON.stringify(text)} is no channel name`)
  return name.value
}
