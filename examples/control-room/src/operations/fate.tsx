import type { Explanation } from '@gamut/server'
import { type FormEvent, useId, useState } from 'react'
import { Button } from '../button.js'
import type { Snapshot } from './answers.js'
import { explain, type Question, trace } from './explain.js'
import { FateAnswer } from './fate-answer.js'
import { Card } from './figures.js'

const traceMs = 600_000

function Field(props: {
  readonly label: string
  readonly hint: string
  readonly value: string
  readonly list?: string
  readonly isNeeded?: boolean
  readonly onChange: (value: string) => void
}) {
  return (
    <label>
      {props.label}
      <input
        value={props.value}
        onChange={({ target }) => props.onChange(target.value)}
        placeholder={props.hint}
        list={props.list}
        required={props.isNeeded}
        autoComplete="off"
        spellCheck={false}
      />
    </label>
  )
}

/** Asks, and keeps the last answer. */
function useFate(node: string | undefined) {
  const [answer, setAnswer] = useState<Explanation>()
  const [said, setSaid] = useState('')
  const ask = (question: Question) =>
    explain(question, node).then(
      (found) => {
        setAnswer(found)
        setSaid(found.says)
      },
      ({ message }: Error) => {
        setAnswer(undefined)
        setSaid(message)
      },
    )
  const follow = (channel: string) =>
    trace(channel, traceMs, node).then(
      () =>
        setSaid(`${channel} is traced for ${traceMs / 60_000} minutes: ask for what is written from now on.`),
      ({ message }: Error) => setSaid(message),
    )
  return { answer, said, ask, follow }
}

function FateForm(props: {
  readonly channels: readonly string[]
  readonly onAsk: (question: Question) => void
  readonly onFollow: (channel: string) => void
}) {
  const list = useId()
  const [question, setQuestion] = useState<Question>({ channel: 'chat/operations', message: '', reader: '' })
  const field = (name: keyof Question) => ({
    value: question[name],
    onChange: (value: string) => setQuestion({ ...question, [name]: value.trim() }),
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    props.onAsk(question)
  }
  return (
    <form onSubmit={submit}>
      <Field label="Channel" hint="chat/operations" list={list} isNeeded {...field('channel')} />
      <datalist id={list}>
        {props.channels.map((channel) => (
          <option key={channel} value={channel} />
        ))}
      </datalist>
      <Field label="Message" hint="offset, cursor or id; the newest" {...field('message')} />
      <Field label="Reader" hint="connection, identity or address; all" {...field('reader')} />
      <div className="actions">
        <button type="submit">What became of it</button>
        <Button className="quiet" isOff={!question.channel} onClick={() => props.onFollow(question.channel)}>
          Trace for 10 minutes
        </Button>
      </div>
    </form>
  )
}

/** What became of a message: stored when, kept still, and who got it how, as far as a server can know. */
export function Fate({
  snapshots,
  node,
}: {
  readonly snapshots: readonly Snapshot[]
  readonly node: string | undefined
}) {
  const { answer, said, ask, follow } = useFate(node)
  const now = snapshots.at(-1)
  const channels = now?.advice.channels.map(({ channel }) => channel) ?? []
  return (
    <Card title="A message’s fate" area="fate">
      <FateForm
        channels={channels}
        onAsk={(question) => void ask(question)}
        onFollow={(channel) => void follow(channel)}
      />
      <p role="status" className="says">
        {said}
      </p>
      {answer && <FateAnswer answer={answer} node={now?.nodes.node} />}
    </Card>
  )
}
