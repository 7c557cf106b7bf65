import { useEffect, useState, useSyncExternalStore } from 'react'
import { serverNow } from '../server-clock.js'
import { isCurtained } from './curtain.js'
import { faultOf } from './list.js'
import type { Store } from './store.js'
import { roomState, tellSupervisor, watchSupervisor } from './supervisor.js'
import { note } from './timeline.js'

/** For how long the tab is hidden if nobody shows it again, in milliseconds; as the supervisor's faults. */
const lastsMs = 30_000

/** The value of a store, as it changes. */
export const useStore = <Value>(store: Store<Value>): Value =>
  useSyncExternalStore(store.subscribe, () => store.value)

let timer: ReturnType<typeof setTimeout> | undefined
let endsAt = 0

function setCurtain(isDrawn: boolean): void {
  if (isCurtained.value === isDrawn) return
  clearTimeout(timer)
  endsAt = Date.now() + lastsMs
  if (isDrawn) timer = setTimeout(() => setCurtain(false), lastsMs)
  const at = serverNow()
  const { title = '', begins = '', ends = '' } = faultOf('hide') ?? {}
  note({
    id: `hide ${at}`,
    at,
    kind: isDrawn ? 'broken' : 'mended',
    title,
    text: isDrawn ? begins : ends,
  })
  isCurtained.set(isDrawn)
}

/** What is broken now, with how long that still lasts, and how to break and mend. */
export function useFaults() {
  const state = useStore(roomState)
  const isHidden = useStore(isCurtained)
  const [trouble, setTrouble] = useState('')
  useEffect(watchSupervisor, [])
  const active = new Map(state?.active.map(({ name, endsInMs }) => [name, endsInMs]))
  if (isHidden) active.set('hide', Math.max(0, endsAt - Date.now()))
  const tell = (path: string) =>
    tellSupervisor(path).then(
      () => setTrouble(''),
      ({ message }) => setTrouble(`The supervisor does not answer: ${message}. Is it still running?`),
    )
  return {
    active,
    isSupervised: state?.isSupervised !== false,
    hasTwoNodes: (state?.nodes.length ?? 0) > 1,
    trouble,
    toggle: (name: string) => {
      if (name === 'hide') setCurtain(!isHidden)
      else void tell(`${name}/${active.has(name) ? 'end' : 'begin'}`)
    },
    mendAll: () => {
      setCurtain(false)
      if (state?.isSupervised) void tell('mend')
    },
  }
}
