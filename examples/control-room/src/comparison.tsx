import type { Need, Option, Pattern } from '@gamut/advisor'
import { useEffect, useMemo, useState } from 'react'
import { needs } from '../needs.mjs'
import { formatBytes, formatCount, formatMs } from './format.js'

const crowds = [20, 1000, 10_000, 100_000] as const
const widgets: readonly Need[] = Object.values(needs)

/** What it costs if everything goes by one rule, for all who look. */
interface Plan {
  readonly requests: number
  readonly bytes: number
  readonly held: number
  readonly cores: number
  readonly met: number
  readonly oldestMs: number
}

type Advisor = typeof import('@gamut/advisor')

const columns = [
  ['Each by its need', (own: Pattern) => own],
  ['All WebSocket', () => 'websocket'],
  ['All polling', () => 'poll'],
] as const satisfies readonly (readonly [string, (own: Pattern) => Pattern])[]

function planOf(options: readonly Option[], readers: number): Plan {
  const sum = (of: (option: Option) => number) => options.reduce((all, option) => all + of(option), 0)
  // What is held carries all of its pattern: one connection of a page for each.
  const held = new Set(
    options.map(({ pattern }) => pattern).filter((name) => name === 'sse' || name === 'websocket'),
  )
  return {
    requests: sum(({ requestsPerSecond }) => requestsPerSecond),
    bytes: sum(({ bytesPerSecond: { down, up, overhead } }) => down + up + overhead),
    held: held.size * readers,
    cores: sum(({ cores: { user, kernel } }) => user + kernel),
    met: options.filter(({ meets }) => meets).length,
    // Of those that want to be told within a second.
    oldestMs: Math.max(
      ...options.map(({ stalenessMs }, index) =>
        (widgets[index]?.stalenessMs ?? 0) <= 1000 ? stalenessMs.p99 : 0,
      ),
    ),
  }
}

function comparePlans({ weigh }: Advisor, readers: number): readonly Plan[] {
  const weighed = widgets.map((need) => weigh({ ...need, readers }))
  return columns.map(([, choose]) =>
    planOf(
      weighed.flatMap(
        ({ chosen, options }) => options.find(({ pattern }) => pattern === choose(chosen.pattern)) ?? [],
      ),
      readers,
    ),
  )
}

const rows: readonly (readonly [label: string, show: (plan: Plan) => string])[] = [
  ['Needs met', ({ met }) => `${met} of ${widgets.length}`],
  ['Oldest live value', ({ oldestMs }) => formatMs(oldestMs)],
  ['Requests/s', ({ requests }) => formatCount(requests)],
  ['Traffic/s', ({ bytes }) => formatBytes(bytes)],
  ['Connections', ({ held }) => formatCount(held)],
  ['Cores', ({ cores }) => cores.toFixed(2)],
]

function useAdvisor(): Advisor | undefined {
  const [advisor, setAdvisor] = useState<Advisor>()
  useEffect(() => {
    void import('@gamut/advisor').then((loaded) => setAdvisor(loaded))
  }, [])
  return advisor
}

function Crowd(props: { readonly readers: number; readonly onChange: (readers: number) => void }) {
  return (
    <fieldset className="switch">
      <legend className="hidden">How many look at the page</legend>
      {crowds.map((crowd) => (
        <label key={crowd}>
          <input
            type="radio"
            name="crowd"
            checked={crowd === props.readers}
            onChange={() => props.onChange(crowd)}
          />
          <span>{crowd < 1000 ? crowd : `${crowd / 1000}k`}</span>
        </label>
      ))}
    </fieldset>
  )
}

function PlanTable({ plans }: { readonly plans: readonly Plan[] | undefined }) {
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">
            <span className="hidden">What it takes</span>
          </th>
          {columns.map(([title]) => (
            <th key={title} scope="col">
              {title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map(([label, show]) => (
          <tr key={label}>
            <th scope="row">{label}</th>
            {columns.map(([title], index) => {
              const plan = plans?.[index]
              return <td key={title}>{plan && show(plan)}</td>
            })}
          </tr>
        ))}
      </tbody>
    </table>
  )
}

/** What the page would cost by one rule for everything, calculated by the advisor's model. */
export function Comparison() {
  const advisor = useAdvisor()
  const [readers, setReaders] = useState<number>(crowds[1])
  const plans = useMemo(() => advisor && comparePlans(advisor, readers), [advisor, readers])
  return (
    <section className="widget" data-area="comparison" aria-labelledby="comparison">
      <header>
        <h2 id="comparison">What it would cost</h2>
        <Crowd readers={readers} onChange={setReaders} />
      </header>
      <div className="body">
        <PlanTable plans={plans} />
      </div>
      <footer>
        <p className="reason">
          By the advisor's model, if {formatCount(readers)} people had this page open: sums of its widgets,
          where those of one pattern share a connection.
        </p>
      </footer>
    </section>
  )
}
