/** A pattern of channel names that has been checked (PROTOCOL §2). */
export interface Pattern {
  readonly text: string
  readonly segments: readonly string[]
}

/** How a pattern is written, for whoever wrote it wrongly. */
export const patternHint =
  'a pattern is segments joined by "/": a name, ":name" for any one segment, or a last "*" for one or more'

/** Checks a pattern; `undefined` for what is none. */
export function parsePattern(text: string): Pattern | undefined {
  const segments = text.split('/')
  const isRight = segments.every(
    (segment, index) =>
      /^(?::[A-Za-z][A-Za-z0-9]*|\$?[A-Za-z0-9_.~@=-][A-Za-z0-9_.~:@=-]*)$/.test(segment) ||
      (segment === '*' && index === segments.length - 1),
  )
  return isRight ? { text, segments } : undefined
}

/** What the `:name` segments of a pattern stand for in a name of these segments; `undefined` where it does not match. */
export function matchPattern(
  { segments }: Pattern,
  names: readonly string[],
): Record<string, string> | undefined {
  const params: Record<string, string> = Object.create(null)
  for (const [index, segment] of segments.entries()) {
    const name = names[index]
    if (name === undefined) return undefined
    if (segment === '*') return params
    if (segment.startsWith(':')) params[segment.slice(1)] = name
    else if (segment !== name) return undefined
  }
  return names.length === segments.length ? params : undefined
}

/** 0 for a name, 1 for `:name`, 2 for `*`: lower is more exact. */
function looseness(segment: string | undefined): number {
  if (segment === '*') return 2
  return segment?.startsWith(':') ? 1 : 0
}

/** Orders patterns so that the most exact one comes first. */
export function byExactness(a: Pattern, b: Pattern): number {
  for (let index = 0; index < Math.max(a.segments.length, b.segments.length); index++) {
    const difference = looseness(a.segments[index]) - looseness(b.segments[index])
    if (difference !== 0) return difference
  }
  return b.segments.length - a.segments.length
}
