import { mediaTypeOf, mediaTypes, parseJson } from '@gamut/protocol'
import { type Awaitable, whenKnown } from '../awaitable.js'
import type { Core } from '../core/core.js'
import { GamutError } from '../error.js'
import type { HttpRequest } from './request.js'

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** A body as text; throws `too_large`, or `body_invalid` for what is not UTF-8. */
export function readText(request: HttpRequest, core: Core): Awaitable<string> {
  return whenKnown(request.body(core.limits.maxBodyBytes, core.bodies), toText)
}

function toText(body: Uint8Array): string {
  try {
    return decoder.decode(body)
  } catch {
    throw new GamutError('body_invalid', 'The body is not UTF-8.')
  }
}

/** A JSON body as its text and its value; throws `unsupported_media` or `body_invalid` for any other. */
export async function readJson(
  request: HttpRequest,
  core: Core,
): Promise<{ readonly text: string; readonly value: unknown }> {
  if (mediaTypeOf(request.header('content-type') ?? '') !== mediaTypes.json) {
    throw new GamutError('unsupported_media', `Send ${mediaTypes.json}.`)
  }
  const text = await readText(request, core)
  const value = parseJson(text)
  if (value === undefined) throw new GamutError('body_invalid', 'The body is not JSON.')
  return { text, value }
}
