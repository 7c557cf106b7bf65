import type { HttpRequest } from '../src/index.js'

/** A request as a runtime gives it, without a body. Names of headers are in small letters. */
export function toHttpRequest(
  target: string,
  given: {
    readonly method?: string
    readonly address?: string
    readonly headers?: Readonly<Record<string, string>>
  } = {},
): HttpRequest {
  const { method = 'GET', address = '', headers = {} } = given
  return {
    method,
    target,
    isUpgrade: false,
    address,
    header: (name) => headers[name],
    body: async () => new Uint8Array(),
    toRequest: () => new Request(`http://localhost${target}`, { method, headers }),
  }
}
