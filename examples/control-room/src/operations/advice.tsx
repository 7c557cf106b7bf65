import type { Snapshot } from './answers.js'
import { Card } from './figures.js'

/** What asks for nothing: it fits, or nobody can say yet. */
const quiet: Readonly<Record<string, string>> = {
  fits: 'that fit',
  'too-little': 'used too little to say',
  unread: 'read by nobody',
}

/** What would serve channels better, in the server's words, and how many there is nothing to say of. */
export function AdviceList({ snapshots }: { readonly snapshots: readonly Snapshot[] }) {
  const { channels = [] } = snapshots.at(-1)?.advice ?? {}
  const all = channels.flatMap(({ channel, findings }) =>
    findings.map(({ code, text }) => ({ channel, code, text })),
  )
  const telling = all.filter(({ code }) => !quiet[code])
  const counts = Object.entries(quiet).flatMap(([code, words]) => {
    const count = all.filter((one) => one.code === code).length
    return count > 0 ? `${words}: ${count}` : []
  })
  return (
    <Card title="Live advice" area="advice">
      {telling.length === 0 ? (
        <p className="nothing">Nothing to change.</p>
      ) : (
        <ul className="advice">
          {telling.map(({ channel, code, text }) => (
            <li key={`${channel} ${code}`}>
              <strong>{channel}</strong> {text}
            </li>
          ))}
        </ul>
      )}
      {counts.length > 0 && <p className="note">Channels {counts.join(', ')}.</p>}
    </Card>
  )
}
