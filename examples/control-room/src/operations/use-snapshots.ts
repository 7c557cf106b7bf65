import { useEffect, useState } from 'react'
import { serverNow } from '../server-clock.js'
import type { Advice, Connections, Nodes, Snapshot } from './answers.js'
import { ask, askJson, Refusal } from './ask.js'
import { parseSamples } from './samples.js'

/** How often a node is asked, in milliseconds. */
export const everyMs = 2000
/** A minute of snapshots, and one to begin with. */
const maxKept = 31
/** More slow readers than one looks through by hand. */
const slowReaders = '/connections?state=slow&limit=20'
/** As many as one looks through: of thousands an answer would be megabytes. */
const firstChannels = '/advice?limit=100'

/** What is known of a node, the newest last, and why there is nothing newer. */
export interface Seen {
  readonly snapshots: readonly Snapshot[]
  readonly refusal: Refusal | undefined
}

async function look(node: string | undefined): Promise<Snapshot> {
  const [metrics, connections, nodes, advice] = await Promise.all([
    ask('/metrics', { node }),
    askJson<Connections>(slowReaders, { node }),
    askJson<Nodes>('/nodes', { node }),
    askJson<Advice>(firstChannels, { node }),
  ])
  if (node !== undefined && nodes.node !== node)
    throw new Refusal(0, `${nodes.node} answers in place of ${node}: what is in front chooses by itself.`)
  const at = performance.now()
  return {
    at,
    serverNow: serverNow(),
    samples: parseSamples(await metrics.text()),
    connections,
    nodes,
    advice,
  }
}

const toRefusal = (error: unknown) => (error instanceof Refusal ? error : new Refusal(0, String(error)))

/** Calls again and again while somebody looks, each time so long after the call before has ended. Returns how to stop. */
function keepCalling(call: () => Promise<void>): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined
  let isResting = false
  const over = new AbortController()
  const next = async () => {
    await call()
    if (!over.signal.aborted && !document.hidden) timer = setTimeout(next, everyMs)
    else isResting = true
  }
  const wake = () => {
    if (document.hidden || !isResting) return
    isResting = false
    void next()
  }
  document.addEventListener('visibilitychange', wake, { signal: over.signal })
  void next()
  return () => {
    clearTimeout(timer)
    over.abort()
  }
}

/**
 * What a node says of itself. There is no channel of this: what operators may see is asked for with their own rights, by
 * plain requests.
 */
export function useSnapshots(node: string | undefined, turn: number): Seen {
  const [seen, setSeen] = useState<Seen>({ snapshots: [], refusal: undefined })
  // biome-ignore lint/correctness/useExhaustiveDependencies: another turn asks anew, as with another key
  useEffect(() => {
    let isOver = false
    setSeen({ snapshots: [], refusal: undefined })
    const stop = keepCalling(async () => {
      const found = await look(node).catch(toRefusal)
      if (isOver) return
      setSeen(({ snapshots }) =>
        found instanceof Refusal
          ? { snapshots, refusal: found }
          : { snapshots: [...snapshots.slice(1 - maxKept), found], refusal: undefined },
      )
    })
    return () => {
      isOver = true
      stop()
    }
  }, [node, turn])
  return seen
}
