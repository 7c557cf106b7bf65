import { useState } from 'react'
import { needs } from '../needs.mjs'
import { Button } from './button.js'
import { formatTime } from './format.js'
import { GapNote } from './gap-note.js'
import { useChannel } from './hooks.js'

const seenName = 'notices-seen'

/** When somebody last looked, by the server's clock. */
function recallSeen(): number {
  try {
    return Number(localStorage.getItem(seenName))
  } catch {
    return 0
  }
}

function rememberSeen(time: number): void {
  try {
    localStorage.setItem(seenName, `${time}`)
  } catch {
    // A browser may forbid its stores; then it lasts as long as the page.
  }
}

/** What has happened, and how much of it is new. */
export function Notices() {
  const { messages, gap } = useChannel('notices', { need: needs.notices, last: 20, keep: 20 })
  const [seen, setSeen] = useState(recallSeen)
  const newest = messages.at(-1)?.time ?? 0
  const unread = messages.filter(({ time }) => time > seen).length
  const markRead = () => {
    rememberSeen(newest)
    setSeen(newest)
  }
  return (
    <div className="notices">
      <div className="badge-row">
        <p className="value" data-unread={unread > 0 || undefined}>
          {unread} <span>new</span>
        </p>
        <Button className="quiet" onClick={markRead} isOff={unread === 0}>
          Mark as read
        </Button>
      </div>
      <ul>
        {messages
          .slice(-3)
          .reverse()
          .map(({ offset, time, data }) => (
            <li key={offset} data-unread={time > seen || undefined}>
              <time dateTime={new Date(time).toISOString()}>{formatTime(time)}</time> {data.text}
            </li>
          ))}
      </ul>
      <GapNote gap={gap} />
    </div>
  )
}
