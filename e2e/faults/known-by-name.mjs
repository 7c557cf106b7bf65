// @ts-check

/**
 * Who sends a request is whoever it says, for as long as it says: `Bearer <name>` or `Bearer <name>~<milliseconds since 1970>`.
 * @param {Request} request
 */
export function authenticate(request) {
  const [, id, expiresAt] =
    /^Bearer ([^~]+)(?:~(\d+))?$/.exec(request.headers.get('authorization') ?? '') ?? []
  return id ? { id, ...(expiresAt && { expiresAt: Number(expiresAt) }) } : null
}
