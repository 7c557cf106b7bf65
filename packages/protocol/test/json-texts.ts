import fc from 'fast-check'

const space = fc.string({ unit: fc.constantFrom(' ', '\t', '\n', '\r'), maxLength: 2 })

/** Characters that text formats trip over, as well as any others. */
const anyCharacter = fc.oneof(
  fc.constantFrom(...'\n\r\0\t"\\/{}[]:,$.~@\u0085\u2028\u2029\ufeff\ud800\udc00\u00fc1e-+'),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
)

/** Any text, lone surrogates included. */
export const anyText = fc.oneof(
  fc.string({ unit: anyCharacter }),
  fc.array(fc.nat(0xffff)).map((units) => String.fromCharCode(...units)),
)

const numbers = fc.constantFrom(
  '0',
  '-0',
  '1.0',
  '1e400',
  '-1E-400',
  '12345678901234567890.10',
  '9007199254740993',
)
const names = fc.oneof(fc.constantFrom('__proto__', 'constructor', 'data', 'a', ''), anyText)

function escaped(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`
}

/** A text as JSON in one of its many forms: some of its characters are escaped although they need not be. */
const strings = fc.tuple(anyText, fc.integer({ min: 2, max: 9 })).map(([text, every]) => {
  const written = [...text].map((char, at) =>
    at % every === 0
      ? [...Array(char.length).keys()].map((i) => escaped(char[i] ?? '')).join('')
      : JSON.stringify(char).slice(1, -1),
  )
  return `"${written.join('')}"`
})

/** JSON texts as publishers may write them: any white space, numbers that no double holds, equal names, needless escapes. */
export const jsonText: fc.Arbitrary<string> = fc.letrec<{ value: string; list: string; object: string }>(
  (tie) => ({
    value: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.oneof(fc.constantFrom('null', 'true', 'false'), numbers, strings),
      tie('list'),
      tie('object'),
    ),
    list: fc
      .tuple(
        fc.array(
          fc.tuple(space, tie('value'), space).map((parts) => parts.join('')),
          { maxLength: 4 },
        ),
        space,
      )
      .map(([items, inside]) => `[${items.length === 0 ? inside : items.join(',')}]`),
    object: fc
      .tuple(fc.array(memberOf(tie('value')), { maxLength: 4 }), space)
      .map(([members, inside]) => `{${members.length === 0 ? inside : members.join(',')}}`),
  }),
).value

function memberOf(value: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const name = fc.oneof(
    names.map((text) => JSON.stringify(text)),
    strings,
  )
  return fc
    .tuple(space, name, space, space, value, space)
    .map(([a, n, b, c, v, d]) => `${a}${n}${b}:${c}${v}${d}`)
}
