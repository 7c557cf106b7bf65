import type { Core } from '../core/core.js'
import type { OriginCheck } from './cors.js'
import type { HttpRequest } from './request.js'
import type { Target } from './target.js'

/** A request whose target is known, and what it is answered by. */
export interface Call {
  readonly request: HttpRequest
  readonly target: Target
  readonly core: Core
  readonly origins: OriginCheck
}
