/** Ways of getting what is new, the simplest first. */
export const patterns = ['request', 'poll', 'long-poll', 'sse', 'websocket'] as const

/** `request`: asked for when somebody looks. */
export type Pattern = (typeof patterns)[number]

/** Patterns that hold a connection while they wait. */
export const isHeld = (pattern: Pattern) => pattern !== 'request' && pattern !== 'poll'
