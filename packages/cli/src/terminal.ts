import { styleText } from 'node:util'

/** Styles of this command's output. */
export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'blue' | 'magenta' | 'cyan'

/** Where the command writes what people and scripts read. Logs go elsewhere. */
export interface Terminal {
  /** A line on standard output. */
  print(line: string): void
  /** A line on standard error: what is no result. */
  note(line: string): void
  /** Styles text where a person sees it: on a terminal, and without `NO_COLOR`. */
  paint(style: Style, text: string): string
  /** Columns of the terminal; `undefined` where standard output is none. */
  readonly columns: number | undefined
  /** Calls back when nobody takes the output any more, as in `gamut tail … | head`. */
  onBroken(call: () => void): void
}

/** Creates the terminal of this process. */
export function createTerminal(
  out: NodeJS.WriteStream,
  err: NodeJS.WriteStream,
  env: Readonly<Record<string, string | undefined>>,
): Terminal {
  const isColoured = out.isTTY && err.isTTY && !env['NO_COLOR'] && env['TERM'] !== 'dumb'
  // Without a listener the process would end with a stack when the reader of a pipe leaves.
  for (const stream of [out, err]) stream.on('error', () => {})
  return {
    print: (line) => void out.write(`${line}\n`),
    note: (line) => void err.write(`${line}\n`),
    paint: (style, text) => (isColoured ? styleText(style, text) : text),
    get columns() {
      return out.isTTY ? out.columns : undefined
    },
    onBroken: (call) => void out.on('error', call),
  }
}

// Beside C0 and C1, what moves text about on a line: separators, marks and overrides of direction.
const unsafe =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
  /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g

/** Text from elsewhere with its control characters escaped, so that it cannot steer a terminal; JSON stays the same JSON. */
export function escapeControls(text: string): string {
  return text.replace(unsafe, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** Cuts a plain text to so many columns, with `…` where it was cut. */
export function cutTo(text: string, columns: number): string {
  return text.length <= columns ? text : `${text.slice(0, Math.max(0, columns - 1))}…`
}
