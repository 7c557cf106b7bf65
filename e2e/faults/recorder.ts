import type { HistoryEvent } from './history.js'

type Untimed<Event> = Event extends unknown ? Omit<Event, 'at'> : never

/** Writes down what happens, with the time since it was created. */
export interface Recorder {
  readonly events: readonly HistoryEvent[]
  readonly now: () => number
  add(event: Untimed<HistoryEvent>): void
}

/** Begins to write. */
export function createRecorder(): Recorder {
  const events: HistoryEvent[] = []
  const begin = performance.now()
  const now = () => performance.now() - begin
  return { events, now, add: (event) => void events.push({ at: now(), ...event } as HistoryEvent) }
}
