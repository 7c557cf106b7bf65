import { usageFailure } from './failure.js'
import { type GivenOptions, type Option, textOption } from './option.js'

const defaultUrl = 'http://127.0.0.1:8080'

/** Where the server is and who asks: options of every command that talks to one. */
export const serverOptions = {
  url: {
    kind: 'text',
    placeholder: 'U',
    short: 'u',
    help: 'the server, with its base path',
    default: defaultUrl,
    env: true,
  },
  token: { kind: 'text', placeholder: 'T', help: 'sent as Authorization: Bearer T', env: true },
} as const satisfies Record<string, Option>

/** The server's address without a slash at its end, checked. */
export function serverUrl(options: GivenOptions): string {
  const text = textOption(options, 'url') ?? defaultUrl
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url && /^https?:$/.test(url.protocol)) return `${url.origin}${url.pathname.replace(/\/+$/, '')}`
  throw usageFailure(`${options.get('url')?.from ?? 'url'}: "${text}" is no address like ${defaultUrl}.`)
}

/** Header fields of every request. */
export function serverHeaders(options: GivenOptions): Readonly<Record<string, string>> {
  const token = textOption(options, 'token')
  if (token === undefined) return {}
  if (/^[\x21-\x7e]+$/.test(token)) return { authorization: `Bearer ${token}` }
  throw usageFailure(
    `${options.get('token')?.from ?? 'token'}: a token has no spaces and only ASCII characters.`,
  )
}
