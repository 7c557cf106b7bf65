/** What a feeder does with who comes, by the first part of the path. */
export interface Mode {
  /** Messages in each frame of the ring that is poured; absent: each channel gets one message. */
  readonly perFrame?: number
  /** The transport of Gamut that opens and then says nothing, as behind a proxy that buffers. */
  readonly mute?: string
}

/** All of them. */
const modes: Readonly<Record<string, Mode>> = {
  each: { perFrame: 1 },
  batches: { perFrame: 20 },
  once: {},
  'mute-websocket': { mute: 'websocket' },
  'mute-sse': { mute: 'sse' },
  'mute-ndjson': { mute: 'ndjson' },
}

/** The mode and the protocol that a path names, and the path behind them: `/each/gamut/connect`. */
export function readPath(target: string): { mode: Mode; protocol: string; url: URL } | undefined {
  const [, name = '', protocol = '', rest = ''] = /^\/([^/]+)\/([^/?]+)(.*)$/.exec(target) ?? []
  const mode = modes[name]
  return mode && { mode, protocol, url: new URL(rest || '/', 'http://feeder') }
}
