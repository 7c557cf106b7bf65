import type { Provenance } from '../measure/machine.ts'

/** As `gamut bench --json` prints it. */
export interface Compared {
  readonly name: string
  readonly predicted: number
  readonly measured: number
  readonly within: number
  /** How far it is off, as a share of what was measured; left out where that says nothing, and null where none was seen. */
  readonly error?: number | null
}

/** A workload by one pattern. */
export interface Row {
  readonly workload: string
  readonly pattern: string
  readonly figures: readonly Compared[]
}

/** All that was measured, and with what. */
export interface Predictions {
  readonly provenance: Provenance
  readonly seconds: number
  readonly rows: readonly Row[]
}

const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
const isRight = ({ error, within }: Compared) =>
  error === undefined || (error !== null && Math.abs(error) <= within)
const shown = (figure: Compared) => {
  const { error } = figure
  if (error === undefined) return '✓'
  if (error === null) return '**seen none**'
  const text = `${error > 0 ? '+' : ''}${Math.round(error * 100)} %`
  return isRight(figure) ? text : `**${text}**`
}

/** How many figures of one kind are right. */
function summary(rows: readonly Row[], name: string): string {
  const all = rows.flatMap(({ figures }) => figures.filter((figure) => figure.name === name))
  return `${all.filter(isRight).length} of ${all.length}`
}

/** The table for people, misses in bold. */
export function predictionsText({ provenance, seconds, rows }: Predictions): string {
  const names = rows[0]?.figures.map(({ name }) => name) ?? []
  const { date, commit, cpu, cores, kernel, node } = provenance
  return `${[
    '# What the model predicts, and what was measured',
    '',
    'Written by `npm run bench -- --predict`: twelve needs by each pattern that can do them, with `gamut bench`: a server and its readers in',
    'processes of their own, no proxy, no TLS. The model is asked about the rate at which messages really came, with the constants of',
    'this machine. A figure says how far the prediction is off what was measured; `✓` where the difference is as good as nothing or no more than chance makes of so few events; bold where it is off',
    'by more than 15 % of a count or of bytes, or 30 % of CPU or of memory.',
    '',
    `Measured ${date.slice(0, 16).replace('T', ' ')} at commit ${commit} on ${cpu}, ${cores} cores, Linux ${kernel}, Node ${node}; ${seconds} s each.`,
    '',
    line(['need', 'pattern', ...names]),
    line(['---', '---', ...names.map(() => '--:')]),
    ...rows.map(({ workload, pattern, figures }) => line([workload, pattern, ...figures.map(shown)])),
    line(['**right**', '', ...names.map((name) => `**${summary(rows, name)}**`)]),
  ].join('\n')}\n`
}
