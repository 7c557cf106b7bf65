import { toRevoked } from '../core/access/revoke-request.js'
import type { Core } from '../core/core.js'
import type { Reply } from '../transports/transport.js'
import { readJson } from './body.js'
import { freshJson } from './fresh-json.js'
import type { HttpRequest } from './request.js'

/** `POST /revocations`: whoever is named may not go on, on any node, when the answer is there (PROTOCOL §12). */
export async function revoke(request: HttpRequest, core: Core): Promise<Reply> {
  const { revoked, forMs } = toRevoked((await readJson(request, core)).value)
  const lastsMs = await core.revocations.revoke(revoked, forMs)
  return freshJson(200, { forMs: lastsMs })
}
