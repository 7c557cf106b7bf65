/** No line of a Gamut server is longer: a batch is at most 1 MiB (PROTOCOL §4), and one message's bound is far below. */
const maxLineLength = 8 * 1024 * 1024

/** Reads a body line by line; what stands behind the last line end is no line. Rejects if the body breaks off. */
export async function readLines(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  take: (line: string) => void,
): Promise<void> {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  let rest = ''
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    const lines = (rest + decoder.decode(value, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) take(line)
    if (rest.length > maxLineLength) throw new SyntaxError('a line without an end')
  }
}
