import type { Answer } from './path.js'

/** A header field of an answer, empty where it has none. */
export function field(answer: Answer, name: string): string {
  return answer.headers.get(name) ?? ''
}

/** What shows that a cache has answered. */
export function cacheSigns(answer: Answer): readonly string[] {
  const age = field(answer, 'age')
  const cached = ['x-cache', 'x-cache-status', 'cf-cache-status', 'cache-status'].filter((name) =>
    /\bhit\b|stale|updating/i.test(field(answer, name)),
  )
  return [
    ...(Number(age) > 0 ? [`Age: ${age}`] : []),
    ...cached.map((name) => `${name}: ${field(answer, name)}`),
    // Varnish names two requests where the second got what the first did.
    ...(/^\d+ \d+$/.test(field(answer, 'x-varnish')) ? [`X-Varnish: ${field(answer, 'x-varnish')}`] : []),
  ]
}
