import { isJsonObject, parseJson } from '@gamut/protocol'
import type { Finding } from './finding.js'
import type { Answer } from './path.js'
import { newMark, type Patient, spell } from './patient.js'

/** What a token's times may be off, with a server that keeps to PROTOCOL §12. */
const leewayMs = 60_000
const noteMs = 2000
/** No clock is read more exactly: `Date` has whole seconds, and a request takes its time. */
const agreesMs = 1000
const warnMs = 30_000

/** The server's own time of a message that was just stored. */
function messageTime({ body }: Answer): number | undefined {
  const answer = parseJson(body)
  const messages = isJsonObject(answer) ? answer['messages'] : undefined
  const first: unknown = Array.isArray(messages) ? messages[0] : undefined
  return isJsonObject(first) && typeof first['time'] === 'number' ? first['time'] : undefined
}

/** `Date` is cut to whole seconds: the middle of its second is the best guess. */
function dateOf({ headers }: Answer): number | undefined {
  const date = Date.parse(headers.get('date') ?? '')
  return Number.isNaN(date) ? undefined : date + 500
}

/** All of them in one sentence where they agree. */
function describe(offsets: readonly { readonly whose: string; readonly ms: number }[]): string {
  if (offsets.length > 1 && offsets.every(({ ms }) => Math.abs(ms) < agreesMs))
    return 'The server’s clock and the Date of its answers are the same as this machine’s, to a second.'
  return `${offsets.map(({ whose, ms }) => `${whose} is ${signed(ms)}`).join('. ')}.`
}

function signed(ms: number): string {
  if (Math.abs(ms) < agreesMs) return 'the same as this machine’s, to a second'
  return `${spell(Math.abs(ms))} ${ms < 0 ? 'behind' : 'ahead of'} this machine’s`
}

/** How far the clocks of the server, and of whoever dates its answers, are from this machine's. */
export async function examineClock(patient: Patient): Promise<Finding> {
  const { path, publish } = patient
  const poll = await path.ask(path.channelPath({}, true))
  const stored = await publish?.(newMark())
  const date = dateOf(poll)
  const time = stored && messageTime(stored)
  const offsets = [
    ...(time === undefined || !stored ? [] : [{ whose: 'The server’s clock', ms: time - stored.at }]),
    ...(date === undefined ? [] : [{ whose: 'The Date of its answers', ms: date - poll.at }]),
  ]
  const check = 'clock'
  const [first] = offsets
  if (!first)
    return {
      check,
      severity: 'note',
      says: 'The answers have no Date, and nothing could be published: its clock is not known.',
    }
  const worst = offsets.reduce((most, one) => (Math.abs(one.ms) > Math.abs(most.ms) ? one : most), first)
  const off = Math.abs(worst.ms)
  const severity =
    off > leewayMs ? 'fault' : off > warnMs ? 'warning' : off > noteMs + patient.plainMs ? 'note' : 'ok'
  return {
    check,
    severity,
    says: describe(offsets),
    seen: {
      messageOffsetMs: time !== undefined && stored ? Math.round(time - stored.at) : null,
      dateOffsetMs: date === undefined ? null : Math.round(date - poll.at),
    },
    ...(severity !== 'ok' && {
      means: `Tokens are taken with ${leewayMs / 1000} s of leeway: past it new ones are refused, or old ones live on. Times of messages are the server’s.`,
      todo: 'Let the machine that is wrong follow a time server (chrony, systemd-timesyncd). It may be this one.',
    }),
  }
}
