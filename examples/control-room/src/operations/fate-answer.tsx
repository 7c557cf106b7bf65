import type { Explanation } from '@gamut/server'
import { formatClock, formatCount } from '../format.js'
import { type Group, groupReaders } from './explain.js'

function Facts({ answer: { message, tracedSince, todo, verdict } }: { readonly answer: Explanation }) {
  const facts = [
    ['Stored', message.time === undefined ? 'not known any more' : formatClock(message.time)],
    ['Offset', message.offset === undefined ? '–' : formatCount(message.offset)],
    ['In the log', message.kept ? 'yes' : 'no'],
    ['Key', message.key],
    ['Id', message.id],
    ['Traced since', tracedSince === undefined ? 'not traced' : formatClock(tracedSince)],
  ] as const
  return (
    <>
      <dl className="facts">
        {facts.map(
          ([label, value]) =>
            value !== undefined && (
              <div key={label}>
                <dt>{label}</dt>
                <dd>{value}</dd>
              </div>
            ),
        )}
      </dl>
      {verdict !== 'published' && <p className="note">{todo}</p>}
    </>
  )
}

function Readers({ group: { transport, says, readers } }: { readonly group: Group }) {
  return (
    <details>
      <summary>
        <strong>{transport}</strong> {says}
      </summary>
      <ul>
        {readers.map(({ reader: { id, identity, address }, says, todo }, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a poller has no name of its own, and an answer never changes
          <li key={`${id} ${index}`}>
            <strong>{identity ?? (address || 'this server itself')}</strong> <code>{id}</code> {says}{' '}
            <span className="note">{todo}</span>
          </li>
        ))}
      </ul>
    </details>
  )
}

/** What the server cannot say, as it was not there, or nobody could. */
function Unknown(props: { readonly answer: Explanation; readonly node: string | undefined }) {
  const { message, tracedSince } = props.answer
  const isTraced = tracedSince !== undefined && (message.time === undefined || tracedSince <= message.time)
  return (
    <p className="note">
      {!isTraced &&
        'It was not traced when it was stored: of who reads now the place in the log is known, of who polled or has left nothing. '}
      Given means that bytes went out, confirmed that the reader’s end has answered behind them; whether
      anybody looked at it no server knows. This is what {props.node ?? 'this node'} knows, not what others
      do.
    </p>
  )
}

/** What is known of a message. */
export function FateAnswer(props: { readonly answer: Explanation; readonly node: string | undefined }) {
  const { answer } = props
  const groups = groupReaders(answer)
  return (
    <div className="answer">
      <Facts answer={answer} />
      {groups.length > 0 && (
        <div className="readers">
          <h3>Who got it</h3>
          {groups.map((group) => (
            <Readers key={group.transport} group={group} />
          ))}
        </div>
      )}
      {answer.evidence.length > 0 && (
        <div>
          <h3>What is known</h3>
          <ol>
            {answer.evidence.map(({ at, says }) => (
              <li key={`${at} ${says}`}>
                <time dateTime={new Date(at).toISOString()}>{formatClock(at)}</time> {says}
              </li>
            ))}
          </ol>
        </div>
      )}
      <Unknown {...props} />
    </div>
  )
}
