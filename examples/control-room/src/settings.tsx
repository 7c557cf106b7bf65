import { type FormEvent, useEffect, useState } from 'react'
import { Button } from './button.js'
import { useGamut, usePublish } from './hooks.js'
import { useServerBack } from './use-server-back.js'

const channel = 'settings/room'
const paces = [1, 4, 10, 20] as const

const unreachable = 'The server is not there. What is set is asked for as soon as it is.'

interface Settings {
  readonly metricsPerSecond: (typeof paces)[number]
  readonly alertPercent: number
}

/** Asked for once, and again when somebody wants to see it. */
function useSettings() {
  const gamut = useGamut()
  const [settings, setSettings] = useState<Settings>()
  const [trouble, setTrouble] = useState('')
  const [asked, setAsked] = useState(0)
  // biome-ignore lint/correctness/useExhaustiveDependencies: to ask again is to count further
  useEffect(() => {
    let isOver = false
    const show = (messages: readonly { readonly data: Settings }[]) => {
      if (isOver) return
      setTrouble('')
      setSettings((before) => messages.at(-1)?.data ?? before)
    }
    gamut
      .channel(channel)
      .history({ limit: 1 })
      .then(({ messages }) => show(messages))
      .catch(({ code, message }) => isOver || setTrouble(code === 'unreachable' ? unreachable : message))
    return () => {
      isOver = true
    }
  }, [gamut, asked])
  const ask = () => setAsked((count) => count + 1)
  useServerBack(() => {
    if (trouble) ask()
  })
  return { settings, setSettings, trouble, ask }
}

function Fields(props: {
  readonly settings: Settings | undefined
  readonly onChange: (part: Partial<Settings>) => void
}) {
  const { metricsPerSecond = 4, alertPercent = 90 } = props.settings ?? {}
  return (
    <>
      <label>
        Measurements a second
        <select
          value={metricsPerSecond}
          disabled={!props.settings}
          onChange={({ target }) =>
            props.onChange({ metricsPerSecond: paces.find((pace) => `${pace}` === target.value) ?? 4 })
          }
        >
          {paces.map((pace) => (
            <option key={pace}>{pace}</option>
          ))}
        </select>
      </label>
      <label>
        Tell of a processor busier than
        <span className="range">
          <input
            type="range"
            min={50}
            max={100}
            step={5}
            aria-valuetext={`${alertPercent} %`}
            value={alertPercent}
            disabled={!props.settings}
            onChange={({ target }) => props.onChange({ alertPercent: Number(target.value) })}
          />
          <span>{`${alertPercent} %`}</span>
        </span>
      </label>
    </>
  )
}

/** What the team can set: read by a request, written by a request. */
export function SettingsForm() {
  const { settings, setSettings, trouble, ask } = useSettings()
  const { publish, isPending, error } = usePublish(channel)
  const [note, setNote] = useState('')
  const save = (event: FormEvent) => {
    event.preventDefault()
    if (settings)
      publish(settings).then(
        () => setNote('Saved'),
        () => setNote(''),
      )
  }
  const change = (part: Partial<Settings>) => {
    setNote('')
    if (settings) setSettings({ ...settings, ...part })
  }
  const problem = error?.message ?? trouble
  return (
    <form className="settings" onSubmit={save}>
      <Fields settings={settings} onChange={change} />
      <div className="actions">
        <Button type="submit" isOff={!settings || isPending}>
          Save
        </Button>
        <Button className="quiet" onClick={ask}>
          Ask again
        </Button>
        <span role="status" className="note">
          {note}
        </span>
      </div>
      {problem && (
        <p role="alert" className="trouble">
          {problem}
        </p>
      )}
    </form>
  )
}
