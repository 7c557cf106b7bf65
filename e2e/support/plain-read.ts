/** A message as a plain reader gets it, and as a client shall get it: its place in the log and its data. */
export type Plain = readonly [offset: number, data: unknown]

interface Answer {
  readonly messages: readonly { readonly offset: number; readonly data: unknown }[]
  readonly cursor: string
  readonly more: boolean
}

/** All messages of a channel, by polls from the oldest on. */
export async function plainRead(url: string, channel: string): Promise<readonly Plain[]> {
  const all: Plain[] = []
  let cursor = 'oldest'
  for (let more = true; more; ) {
    const response = await fetch(`${url}/channels/${channel}?as=poll&limit=1000&cursor=${cursor}`)
    const answer = (await response.json()) as Answer
    all.push(...answer.messages.map(({ offset, data }): Plain => [offset, data]))
    cursor = answer.cursor
    more = answer.more
  }
  return all
}
