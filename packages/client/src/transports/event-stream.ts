/** Puts lines together to events (WHATWG HTML, server-sent events): names and data, which is all that Gamut's frames need. */
export function createEventReader(take: (event: string, data: string) => void): (line: string) => void {
  let event = ''
  let data: string | undefined
  return (ended) => {
    const line = ended.endsWith('\r') ? ended.slice(0, -1) : ended
    if (line === '') {
      if (data !== undefined) take(event, data)
      event = ''
      data = undefined
      return
    }
    const colon = line.indexOf(':')
    const name = colon < 0 ? line : line.slice(0, colon)
    const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1)
    if (name === 'event') event = value
    else if (name === 'data') data = data === undefined ? value : `${data}\n${value}`
  }
}
