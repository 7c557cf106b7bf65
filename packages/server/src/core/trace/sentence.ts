import type { Fate, FoundMessage } from './find-message.js'
import type { Story } from './story.js'
import type { Finding, ReaderFinding } from './verdict.js'

/** What people read: what is so, and what to do about it. */
export interface Telling {
  readonly says: string
  readonly todo: string
}

/** One thing that is known, and when it happened, in milliseconds since 1970. */
export interface Evidence {
  readonly at: number
  readonly says: string
}

const unknown: Readonly<Record<Fate, string>> = {
  kept: 'it is in the log',
  taken: 'the log begins after it: retention took it, or it never was there',
  ahead: 'the log has not come so far yet',
  absent: 'the log is whole at this place and has no such message: the number may be of another channel',
  epoch: 'its cursor is of another life of the store, which was lost or reset since',
  diverged: 'the log went back and has another message in its place',
  unnamed: 'no message with this id or Idempotency-Key is in the log or in the trace',
}

function tellDelivered({ story, isAcknowledged, reader }: ReaderFinding): Telling {
  if (isAcknowledged) {
    const says = story.returned
      ? 'It was delivered, and the reader came back later with a position behind it.'
      : 'It was delivered, and a later ping over the same connection was answered.'
    return { says, todo: 'Look at what the reader does with it: its end of the connection has it.' }
  }
  const how = reader.id === '' ? 'in the answer to its request' : `over ${reader.transport}`
  return {
    says: `It was given ${how} and handed to the kernel; whether it arrived is not confirmed.`,
    todo:
      reader.transport === 'websocket'
        ? 'Ask again after the next ping; until then look at proxies in between.'
        : 'Look at proxies in between that buffer, and at the reader itself; when it comes again its position tells.',
  }
}

function tellLeftOut({ story, by, verdict }: Finding): Telling {
  const { skipped = 0 } = story.leftOut ?? {}
  const other = by === undefined ? 'a newer message' : `message ${by}`
  const of = `one of ${skipped} that were left out`
  if (verdict === 'skipped') {
    return {
      says: `It was skipped: the reader asked for a maxRate, and got ${other} in its place (${of}).`,
      todo: 'Raise maxRate or leave it out if every message counts.',
    }
  }
  return {
    says: `It was conflated: the reader got ${other}, a newer value of the same key, in its place${skipped ? ` (${of})` : ' by a snapshot'}.`,
    todo: 'Nothing is lost of the newest values. Turn conflate off for the channel if every message counts.',
  }
}

function tellQueued({ progress, reader, story }: ReaderFinding): Telling {
  if (reader.id === '') {
    return {
      says: 'It waits for the reader, which has not asked again since.',
      todo: 'See that the reader goes on polling.',
    }
  }
  if (progress?.fullSince !== undefined || story.full) {
    return {
      says: 'It waits: the connection takes no more bytes, so the reader is behind and goes on from its own position.',
      todo: 'Look at the reader and the network to it. It gets the rest, or a gap, when it takes bytes again; stuck, it is closed with its position.',
    }
  }
  return {
    says: 'It waits: the reader stands before it and is being caught up.',
    todo: 'Ask again in a moment; a reader with a maxRate, or of a broker that is away, takes longer.',
  }
}

function tellBegan({ story: { began } }: Finding): Telling {
  if (began?.isResumed) {
    return {
      says: `The reader never asked for it: it came with a position behind it, ${began.cursor}, so it has had it before, or the position is not its own.`,
      todo: 'Ask what became of it on the connection before, and see that the reader keeps a position only of what it has handled.',
    }
  }
  return {
    says: `The reader never asked for it: it began behind it, at ${began?.cursor}.`,
    todo: 'Read from an older position: ?cursor=oldest, ?last=N, or the cursor that the reader kept.',
  }
}

/** What became of a message for one reader, in words. */
export function tellReader(finding: ReaderFinding): Telling {
  const { verdict, reason = '', story } = finding
  switch (verdict) {
    case 'delivered':
      return tellDelivered(finding)
    case 'conflated':
    case 'skipped':
      return tellLeftOut(finding)
    case 'queued':
      return tellQueued(finding)
    case 'not_asked':
      return tellBegan(finding)
    case 'lost':
      return {
        says: `It was lost to this reader: ${story.lost ? `it was told of a gap (${reason})` : 'retention took it before the reader came so far'}.`,
        todo: 'Raise the retention of the channel, or have readers come back sooner; a keyed channel gives them a snapshot.',
      }
    case 'refused':
      return {
        says: `The reader was refused the channel (${reason}).`,
        todo: 'See what authenticate and authorize say about it, or the limit that the code names (PROTOCOL §13).',
      }
    case 'mute':
      return {
        says: 'It was written, but no ping since then was answered: the connection is mute.',
        todo: 'Look at the network and proxies in between. The server cuts the connection soon; the reader then comes back with its position and gets it.',
      }
    case 'gone':
      return {
        says: `The reader had left before it was given (${reason || 'when, the trace does not know any more'}).`,
        todo: 'It gets it when it comes back with its position, while the log has it.',
      }
    default:
      return {
        says: 'The reader stands behind it: it was given, left out, or the reader began after it; nothing was traced then.',
        todo: 'Trace the channel to know which: POST /trace, or gamut explain CHANNEL --trace 600.',
      }
  }
}

function tellLog({ after, head }: FoundMessage['log']): string {
  return after === head
    ? `The log is empty, and its last number was ${head}.`
    : `The log is of ${after + 1} to ${head}.`
}

/** What became of the message itself, in words. */
export function tellMessage(
  { verdict, reason = '' }: Finding,
  { asked, fate, offset, log }: FoundMessage,
): Telling {
  const name = offset === undefined ? `"${asked}"` : `Message ${offset}`
  switch (verdict) {
    case 'published':
      return {
        says: `${name} was stored${fate === 'taken' ? '; retention has taken it since' : ''}.`,
        todo: 'Name a reader to know what became of it there.',
      }
    case 'publish_refused':
      return {
        says: `${name} was never stored: its publish was refused (${reason}).`,
        todo: 'Do what the code says (PROTOCOL §13) and publish it again.',
      }
    case 'publish_unknown':
      return {
        says: `It is not known whether ${name} was stored: the broker did not answer.`,
        todo: 'Publish it again with the same Idempotency-Key or id: it is then stored once.',
      }
    case 'source_failed':
      return {
        says: `The channel has no such message: its source fails (${reason}), so nothing new is published.`,
        todo: 'See the log for what load threw.',
      }
    default:
      return {
        says: `${name} is not known here: ${unknown[fate]}. ${tellLog(log)}`,
        todo: 'Check the channel and the number; name it by the cursor or id that the publisher got.',
      }
  }
}

/** The moments of a story that bear on the verdict, in order. */
export function listEvidence({
  passed,
  began,
  ended,
  full,
  given,
  leftOut,
  lost,
  refused,
  returned,
}: Story): Evidence[] {
  const list = [
    passed && { ...passed, says: `stood at ${passed.cursor} already` },
    began && { ...began, says: `began at ${began.cursor}` },
    full && {
      ...full,
      says: `the connection was full${full.cursor ? `, the reader at ${full.cursor}` : ''}`,
    },
    given && { ...given, says: `given in a batch of ${given.count}, from ${given.after} to ${given.cursor}` },
    leftOut && {
      ...leftOut,
      says: `given ${leftOut.by ?? 'a newer message'} in its place, ${leftOut.skipped} left out`,
    },
    lost && { ...lost, says: `told of a gap: ${lost.reason}` },
    refused && { ...refused, says: `refused: ${refused.code}` },
    returned && { ...returned, says: `came back at ${returned.cursor}` },
    ended && { ...ended, says: `ended: ${ended.reason}` },
  ]
  return list
    .flatMap((one) => one ?? [])
    .sort((a, b) => a.elapsed - b.elapsed)
    .map(({ at, says }) => ({ at, says }))
}
