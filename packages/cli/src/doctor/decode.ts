import { Readable } from 'node:stream'
import * as zlib from 'node:zlib'

type Decoder = () => NodeJS.ReadWriteStream

/** What bodies may be encoded with that this Node can decode; zstd came late. */
const decoders: ReadonlyMap<string, Decoder> = new Map<string, Decoder>([
  ['gzip', zlib.createGunzip],
  ['br', zlib.createBrotliDecompress],
  ['deflate', zlib.createInflate],
  ...('createZstdDecompress' in zlib ? [['zstd', zlib.createZstdDecompress as Decoder] as const] : []),
])

/** Whether a body with this encoding can be read here. */
export function canDecode(encoding: string): boolean {
  return decoders.has(encoding)
}

/** The text of a body as it comes, whatever it was compressed with. Ends where it cannot be decoded. */
export async function* decodeBody(
  body: AsyncIterable<Buffer>,
  encoding: string | undefined,
): AsyncIterable<string> {
  const create = decoders.get(encoding?.trim().toLowerCase() ?? '')
  const text = new TextDecoder()
  try {
    const bytes = create ? Readable.from(body).pipe(create()) : body
    for await (const piece of bytes as AsyncIterable<Buffer>) yield text.decode(piece, { stream: true })
  } catch {
    // A stream that is cut in the middle of a compressed block has told all it could.
  }
}
