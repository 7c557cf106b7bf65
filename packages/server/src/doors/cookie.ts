/**
 * The values of the cookies of one name, as they came (RFC 6265 §5.4). There may be several: a neighbouring host can
 * plant one of the same name beside the right one, and nothing tells them apart.
 */
export function cookiesOf(request: Request, name: string): readonly string[] {
  return (request.headers.get('cookie') ?? '').split(';').flatMap((pair) => {
    const at = pair.indexOf('=')
    if (at === -1 || pair.slice(0, at).trim() !== name) return []
    const value = pair.slice(at + 1).trim()
    return [/^".*"$/.test(value) ? value.slice(1, -1) : value]
  })
}
