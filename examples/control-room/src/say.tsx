import {
  type ClipboardEvent,
  type FormEvent,
  type ReactNode,
  useEffect,
  useId,
  useRef,
  useState,
} from 'react'
import { Button } from './button.js'
import { formatCount } from './format.js'

interface SayProps {
  readonly label: string
  readonly placeholder: string
  /** What the button says. */
  readonly action: string
  /** How many letters the channel's schema allows: what is longer need not be sent to be refused. */
  readonly most: number
  /** Rejects where it was not stored: then what was written stays there, to be sent again. */
  readonly send: (text: string) => Promise<unknown>
  /** Why the last one was not stored. */
  readonly error: string | undefined
  readonly onType?: () => void
  /** What there is to begin with; then it is to be changed, and has the focus. */
  readonly initial?: string
  readonly onCancel?: () => void
  readonly children?: ReactNode
}

/** What is pasted is taken in if somebody could still shorten it: a browser takes a second to lay out each megabyte. */
const mostPasted = 20_000

const tooLong = (count: number, most: number) =>
  `${formatCount(count)} letters are more than the ${formatCount(most)} that there is room for.`

function useDraft({ most, initial = '', onType, send }: SayProps) {
  const [text, setText] = useState(initial)
  const [pasted, setPasted] = useState(0)
  const [isSending, setSending] = useState(false)
  const isTooLong = text.length > most
  return {
    text,
    pasted,
    isSending,
    isTooLong,
    change: (next: string) => {
      setText(next)
      setPasted(0)
      onType?.()
    },
    paste: (event: ClipboardEvent) => {
      const { length } = event.clipboardData.getData('text')
      if (length <= mostPasted) return
      event.preventDefault()
      setPasted(length)
    },
    submit: (event: FormEvent) => {
      event.preventDefault()
      if (isSending || isTooLong || !text.trim()) return
      setSending(true)
      // What was written meanwhile stays.
      const clear = () => setText((now) => (now.startsWith(text) ? now.slice(text.length) : now))
      void send(text)
        .then(clear, () => {})
        .then(() => setSending(false))
    },
  }
}

function Trouble({ children }: { readonly children: ReactNode }) {
  return (
    <p role="alert" className="trouble">
      {children}
    </p>
  )
}

/** A line to write and to send. Nothing that was written is lost before it is stored. */
export function Say(props: SayProps) {
  const { most, initial, error } = props
  const { text, pasted, isSending, isTooLong, change, paste, submit } = useDraft(props)
  const input = useRef<HTMLInputElement>(null)
  const why = useId()
  useEffect(() => {
    if (initial) input.current?.select()
  }, [initial])
  return (
    <form className="say" onSubmit={submit}>
      <input
        ref={input}
        value={text}
        onChange={({ target }) => change(target.value)}
        onPaste={paste}
        onKeyDown={({ key }) => key === 'Escape' && props.onCancel?.()}
        aria-label={props.label}
        aria-invalid={isTooLong || undefined}
        aria-describedby={isTooLong ? why : undefined}
        placeholder={props.placeholder}
        autoComplete="off"
      />
      <Button type="submit" isOff={isSending} onClick={() => input.current?.focus()}>
        {props.action}
      </Button>
      {props.children}
      {isTooLong && (
        // Not an alert: each key would be told anew.
        <p id={why} className="trouble">
          Not sent: {tooLong(text.length, most)}
        </p>
      )}
      {pasted > 0 && <Trouble>Not pasted: {tooLong(pasted, most)} The clipboard still has them.</Trouble>}
      {!isTooLong && error && <Trouble>Not sent: {error}</Trouble>}
    </form>
  )
}
