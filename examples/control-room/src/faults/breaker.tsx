import { Button } from '../button.js'
import { type Fault, faults } from './list.js'
import { useFaults } from './use-faults.js'

const alone = 'Only with npm start'
const needsTwo = 'npm start -- --broker redis://… has two nodes'

/** One thing to break: what it does, and while it lasts for how long still. */
function Switch(props: {
  readonly fault: Fault
  readonly endsInMs: number | undefined
  readonly missing: string | undefined
  readonly onToggle: () => void
}) {
  const { fault, endsInMs, missing, onToggle } = props
  const isOn = endsInMs !== undefined
  const lasting = fault.lasts ? `Mended in ${Math.ceil((endsInMs ?? 0) / 1000)} s` : 'Going on …'
  return (
    <Button
      className="fault"
      isOff={missing !== undefined}
      aria-pressed={fault.lasts ? isOn : undefined}
      data-on={isOn || undefined}
      onClick={onToggle}
    >
      <strong>{fault.title}</strong>
      <span>{missing ?? (isOn ? lasting : fault.text)}</span>
    </Button>
  )
}

/** Everything that can be broken, and how to mend all of it. */
export function Breaker() {
  const { active, isSupervised, hasTwoNodes, trouble, toggle, mendAll } = useFaults()
  const missingOf = (name: string) => {
    if (name !== 'hide' && !isSupervised) return alone
    return name === 'kill' && !hasTwoNodes ? needsTwo : undefined
  }
  return (
    <>
      <div className="faults">
        {faults.map((fault) => (
          <Switch
            key={fault.name}
            fault={fault}
            endsInMs={active.get(fault.name)}
            missing={missingOf(fault.name)}
            onToggle={() => toggle(fault.name)}
          />
        ))}
        <Button className="fault mend" isOff={active.size === 0} onClick={mendAll}>
          <strong>Mend all</strong>
          <span>{active.size === 0 ? 'Nothing is broken' : 'Everything at once'}</span>
        </Button>
      </div>
      {trouble && (
        <p role="alert" className="trouble">
          {trouble}
        </p>
      )}
    </>
  )
}
