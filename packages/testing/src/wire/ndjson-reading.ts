import { mediaTypes } from '@gamut/protocol'
import type { Feed } from './feed.js'
import { buildReadRequest, type ReadOptions } from './read-request.js'
import type { ClosedEvent } from './reader-event.js'
import { frameEvents } from './server-frames.js'
import { readStream } from './stream-reading.js'

/** Reads server frames, one a line (PROTOCOL §7). A line that was cut off is no frame. */
export function readNdjson(options: ReadOptions, feed: Feed): Promise<ClosedEvent> {
  let pending = ''
  return readStream(buildReadRequest('ndjson', options), mediaTypes.ndjson, feed, (text) => {
    const lines = (pending + text).split('\n')
    pending = lines.pop() ?? ''
    for (const line of lines) for (const event of frameEvents(line)) feed.emit(event)
  })
}
