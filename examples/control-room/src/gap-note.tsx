import type { ChannelState } from '@gamut/react'

const reasons: Readonly<Record<string, string>> = {
  epoch: 'the server was started anew',
  expired: 'they are not kept any more',
  diverged: 'the server has lost them',
}

/** Says that something is missing, and why. */
export function GapNote({ gap }: Pick<ChannelState, 'gap'>) {
  if (!gap) return null
  return (
    <p className="note" role="status">
      Some messages are missing here: {reasons[gap.reason] ?? gap.reason}.
    </p>
  )
}
