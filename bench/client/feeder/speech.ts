/** A protocol as its server speaks it, no more of it than its client needs to receive. */
export interface Speech {
  /** What is sent before anything was asked. */
  readonly greeting?: string
  /** Channels that begin with the connection. */
  readonly begins?: readonly string[]
  /** What a client's text is answered with, and the channels that begin with it. */
  answer(text: string): { readonly replies: readonly string[]; readonly begins?: readonly string[] }
  /** One text with so many messages of a channel, from a place in the ring on. */
  frame(channel: string, from: number, count: number): string
}
