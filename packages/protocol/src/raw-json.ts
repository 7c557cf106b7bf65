/**
 * Splits the text of a JSON object or array, already known to be valid, into the raw texts of its members, so that
 * what a publisher wrote is stored byte for byte: no number loses digits and no escape is rewritten (I12).
 */
function* members(text: string): Generator<string> {
  let depth = 0
  let start = 0
  for (let at = 0; at < text.length; at++) {
    const char = text[at]
    if (char === '"') {
      at = endOfString(text, at)
    } else if (char === '{' || char === '[') {
      if (++depth === 1) start = at + 1
    } else if (char === '}' || char === ']') {
      if (--depth === 0) yield text.slice(start, at)
    } else if (char === ',' && depth === 1) {
      yield text.slice(start, at)
      start = at + 1
    }
  }
}

function endOfString(text: string, open: number): number {
  let at = open + 1
  while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1
  return at
}

/** Raw text of each member of a valid JSON object, by name; the last of equal names counts, as in `JSON.parse`. */
export function rawMembers(object: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  for (const member of members(object)) {
    const text = member.trim()
    if (text === '') continue
    const nameEnd = endOfString(text, 0) + 1
    found.set(JSON.parse(text.slice(0, nameEnd)), text.slice(text.indexOf(':', nameEnd) + 1).trim())
  }
  return found
}

/** Raw text of each item of a valid JSON array, in order. */
export function rawItems(array: string): readonly string[] {
  return [...members(array)].map((item) => item.trim()).filter((item) => item !== '')
}

/** Puts JSON on one line: a raw CR or LF can only stand between tokens, where a space says the same (PROTOCOL §3). */
export function toOneLine(json: string): string {
  return json.replace(/[\r\n]/g, ' ')
}

/** `JSON.parse` that returns `undefined` instead of throwing; no JSON text parses to `undefined`. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Whether a parsed JSON value is an object, not an array or null. */
export function isJsonObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
