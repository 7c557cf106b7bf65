import { randomBytes } from 'node:crypto'
import { type ChannelName, parseChannelName } from '@gamut/protocol'
import type { RawTarget } from '@gamut/testing'
import { usageFailure } from '../failure.js'
import { givenChannel } from '../given-channel.js'

/** What is examined: a server by its public address, and the channel to do it with. */
export interface Target {
  /** The server's address with its base path, without a slash at the end. */
  readonly base: string
  readonly url: URL
  /** Where to connect. */
  readonly raw: RawTarget & { readonly host: string }
  /** The base path of the server, empty for none. */
  readonly basePath: string
  readonly channel: ChannelName
  /** The channel is a new one of ours: nobody else reads it. */
  readonly isOwn: boolean
}

function parseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.username) throw usageFailure('An address has no name or password in it. Give --token.')
  if (url && /^https?:$/.test(url.protocol)) return url
  const hint = /^[\w.-]+(?::\d+)?(?:\/|$)/.test(text) ? ` Did you mean https://${text}?` : ''
  throw usageFailure(`"${text}" is no address like https://example.com/realtime.${hint}`)
}

/** Splits a channel's own URL into the server's and the channel. */
function splitPath(pathname: string): { readonly basePath: string; readonly named?: ChannelName } {
  const [, before = '', after] = /^(.*?)\/channels\/([^/].*?)\/*$/.exec(pathname) ?? []
  if (after === undefined) return { basePath: pathname.replace(/(?:\/channels)?\/+$|\/channels$/, '') }
  const named = parseChannelName(decodeURIComponent(after))
  if (!named.ok) throw usageFailure(`${named.code}: ${named.message}`)
  return { basePath: before, named: named.value }
}

/** Reads the address and the channel that were given; a new channel where none was. */
export function parseTarget(text: string, channelText: string | undefined): Target {
  const url = parseUrl(text)
  const { basePath, named } = splitPath(url.pathname)
  if (named && channelText !== undefined)
    throw usageFailure('The address and --channel both name a channel. Give one of them.')
  const given = channelText === undefined ? named : givenChannel(channelText)
  const secure = url.protocol === 'https:'
  return {
    base: `${url.origin}${basePath}`,
    url,
    raw: {
      host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
      port: Number(url.port) || (secure ? 443 : 80),
      ...(secure && { secure }),
    },
    basePath,
    channel: given ?? givenChannel(`doctor/${randomBytes(6).toString('hex')}`),
    isOwn: given === undefined,
  }
}
