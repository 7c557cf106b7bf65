import type { ReactNode } from 'react'

/** A card of the operations view. */
export function Card({
  title,
  area,
  beside,
  children,
}: {
  readonly title: string
  readonly area: string
  /** What stands at the end of its head. */
  readonly beside?: ReactNode
  readonly children: ReactNode
}) {
  const id = `operations-${area}`
  return (
    <section className="widget" data-area={area} aria-labelledby={id}>
      <header>
        <h2 id={id}>{title}</h2>
        {beside}
      </header>
      <div className="body">{children}</div>
    </section>
  )
}

/** A figure, or a dash for nothing: a table of noughts hides what is not one. */
export const orDash = (value: number | undefined, format: (value: number) => string): string =>
  value === undefined || value < 0.05 ? '–' : format(value)

/** A column of a table: its title, and what stands there in a row. */
export interface Column<Row> {
  readonly title: string
  readonly show: (row: Row) => ReactNode
  /** Left out where there is little room. */
  readonly isMinor?: boolean
  /** Text, which begins at the left; figures end at the right. */
  readonly isText?: boolean
}

/** Rows of figures, or what is said where there are none. */
export function Figures<Row>({
  rows,
  columns,
  keyOf,
  empty,
}: {
  readonly rows: readonly Row[]
  readonly columns: readonly Column<Row>[]
  readonly keyOf: (row: Row) => string
  readonly empty: string
}) {
  if (rows.length === 0) return <p className="nothing">{empty}</p>
  const [first, ...others] = columns
  const mark = ({ isMinor, isText }: Column<Row>) => ({
    'data-minor': isMinor || undefined,
    'data-text': isText || undefined,
  })
  return (
    <table className="figures">
      <thead>
        <tr>
          {columns.map((column) => (
            <th key={column.title} scope="col" {...mark(column)}>
              {column.title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={keyOf(row)}>
            <th scope="row">{first?.show(row)}</th>
            {others.map((column) => (
              <td key={column.title} {...mark(column)}>
                {column.show(row)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  )
}
