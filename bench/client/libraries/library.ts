import type { Data } from '../data.ts'

/** A client library, by what the bench does with it. */
export interface Library {
  /** Opens a client that reads channels, and hands over the data of each message. Gives what closes it. */
  read(
    url: string,
    transport: string,
    channels: readonly string[],
    hear: (data: Data, channel: string) => void,
  ): () => void
}
