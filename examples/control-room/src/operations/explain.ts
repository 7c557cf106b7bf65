import type { Explanation, ReaderExplained } from '@gamut/server'
import { patternNames } from '../patterns.js'
import { askJson, meter, Refusal } from './ask.js'

/** What somebody wants to know of. */
export interface Question {
  readonly channel: string
  /** An offset, a cursor, an id or an Idempotency-Key; empty for the newest. */
  readonly message: string
  /** A connection, an identity or an address; empty for everybody. */
  readonly reader: string
}

const pathOf = (channel: string) => `/channels/${channel.split('/').map(encodeURIComponent).join('/')}`

/** The cursor of what was written last: asked for as any reader asks, who may be refused it. */
async function newestOf(channel: string): Promise<string> {
  const answer = await meter.environment.fetch(`${location.origin}${pathOf(channel)}?info`)
  if (!answer.ok) throw new Refusal(answer.status, 'The newest cannot be asked for here: name a message.')
  const { head, oldest } = await answer.json()
  if (head === oldest) throw new Refusal(0, `There is no message in ${channel} now. Name one that was.`)
  return head
}

/** What became of a message. Throws a `Refusal`. */
export async function explain(
  { channel, message, reader }: Question,
  node: string | undefined,
): Promise<Explanation> {
  const query = new URLSearchParams({ channel, message: message || (await newestOf(channel)) })
  if (reader) query.set('reader', reader)
  return askJson(`/explain?${query}`, { node })
}

/** Has whatever happens on a channel be remembered from now on. */
export const trace = (channel: string, forMs: number, node: string | undefined): Promise<unknown> =>
  askJson('/trace', { node, method: 'POST', body: { channel, forMs } })

/** Verdicts in few words (PROTOCOL §14). */
const verdictWords: Readonly<Record<string, string>> = {
  delivered: 'got it',
  conflated: 'got a newer one of its key',
  skipped: 'got a newer one, at its rate',
  not_asked: 'began behind it',
  lost: 'lost it',
  refused: 'refused',
  queued: 'waits for it',
  mute: 'does not answer since',
  gone: 'had left',
  passed: 'stands behind it',
}

/** The readers of one transport, and in few words what became of the message for them. */
export interface Group {
  readonly transport: string
  readonly says: string
  readonly readers: readonly ReaderExplained[]
}

/** The same by something that they have in common, in the order in which it comes first. */
function groupBy<Item>(
  items: readonly Item[],
  of: (item: Item) => string,
): ReadonlyMap<string, readonly Item[]> {
  const groups = new Map<string, Item[]>()
  for (const item of items) groups.set(of(item), [...(groups.get(of(item)) ?? []), item])
  return groups
}

function tell(readers: readonly ReaderExplained[]): string {
  return [...groupBy(readers, ({ verdict }) => verdict)]
    .map(([verdict, some]) => {
      const confirmed = some.filter(({ acknowledged }) => acknowledged).length
      const more = verdict === 'delivered' ? `, ${confirmed} confirmed` : ''
      return `${some.length} ${verdictWords[verdict] ?? verdict}${more}`
    })
    .join('; ')
}

/** The known readers of a message by how they read. */
export const groupReaders = ({ readers }: Explanation): readonly Group[] =>
  [...groupBy(readers, ({ reader }) => reader.transport)].map(([transport, some]) => ({
    transport: patternNames[transport] ?? transport,
    says: tell(some),
    readers: some,
  }))
