import type { Library } from './library.ts'

/** Node's own EventSource (`--experimental-eventsource`). */
export const read: Library['read'] = (url, _way, _channels, hear) => {
  if (typeof EventSource === 'undefined') throw new Error('this Node has no EventSource')
  const source = new EventSource(url)
  source.onmessage = ({ data }) => hear(JSON.parse(data), '')
  return () => source.close()
}
