import { type Parsed, parsed, refused } from './result.js'

declare const channelName: unique symbol

/** A channel's name that has passed {@link parseChannelName}: safe in URLs, headers, globs and paths (PROTOCOL §2). */
export type ChannelName = string & { readonly [channelName]: true }

const segment = '[A-Za-z0-9_.~:@=-]+'
const namePattern = new RegExp(`^\\$?${segment}(?:/${segment})*$`)
const dotSegment = /(?:^|\/)\.{1,2}(?:\/|$)/
const limits = { application: { segments: 8, bytes: 255 }, server: { segments: 10, bytes: 300 } } as const

const hint = 'use 1 to 8 segments of A-Z a-z 0-9 _ - . ~ : @ = joined by "/", at most 255 bytes'

/** Whether the name is one of the server's own, like `$nodes` (PROTOCOL §2). */
export function isServerChannel(name: ChannelName): boolean {
  return name.startsWith('$')
}

/** Checks a channel's name. Total; the refusal is `channel_invalid` (PROTOCOL §2). */
export function parseChannelName(text: unknown): Parsed<ChannelName> {
  if (typeof text !== 'string' || text === '') {
    return refused('channel_invalid', `A channel name is missing: ${hint}.`)
  }
  const limit = text.startsWith('$') ? limits.server : limits.application
  // Names that pass the pattern are ASCII, so characters are bytes; the length goes first so that no pattern runs on a huge text.
  if (text.length > limit.bytes || !namePattern.test(text) || dotSegment.test(text)) {
    return refused('channel_invalid', `That is not a channel name: ${hint}.`)
  }
  if (text.split('/').length > limit.segments) {
    return refused('channel_invalid', `The channel name has too many segments: ${hint}.`)
  }
  return parsed(text as ChannelName)
}
