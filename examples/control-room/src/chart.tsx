import { useEffect, useRef } from 'react'
import uPlot from 'uplot'

/** One line of a chart; its colour is that of the class of this name. */
export interface Line {
  readonly label: string
  readonly tone: 'first' | 'second' | 'faint'
  readonly values: readonly number[]
}

const windowSeconds = 60

/** The colour that the page gives a class now, as a canvas knows no classes. */
function colorOf(holder: Element, tone: Line['tone']): string {
  const swatch = holder.querySelector(`.tone-${tone}`)
  return swatch ? getComputedStyle(swatch).color : '#888'
}

function seriesOf(holder: HTMLElement, { label, tone }: Line): uPlot.Series {
  const isFirst = tone === 'first'
  return {
    label,
    width: tone === 'faint' ? 1 : 1.75,
    points: { show: false },
    stroke: () => colorOf(holder, tone),
    ...(isFirst && { fill: () => colorOf(holder, tone).replace(/^rgb\((.*)\)$/, 'rgba($1, 0.1)') }),
  }
}

function makePlot(holder: HTMLElement, lines: readonly Line[], least: number): uPlot {
  return new uPlot(
    {
      width: holder.clientWidth,
      height: holder.clientHeight,
      padding: [4, 0, 2, 0],
      cursor: { show: false },
      legend: { show: false },
      axes: [{ show: false }, { show: false }],
      scales: {
        x: { time: true, range: (_, __, newest) => [newest - windowSeconds, newest] },
        // A quiet line shall not look like a storm.
        y: { range: (_, __, most) => [0, (most ?? 0) > least ? most * 1.15 : least] },
      },
      series: [{}, ...lines.map((line) => seriesOf(holder, line))],
    },
    [[], ...lines.map(() => [])],
    holder,
  )
}

/** Keeps a chart as large as its place and in the colours of the page. Returns how to stop. */
function follow(plot: uPlot, holder: HTMLElement): () => void {
  const over = new AbortController()
  const { signal } = over
  const resized = new ResizeObserver(() =>
    plot.setSize({ width: holder.clientWidth, height: holder.clientHeight }),
  )
  resized.observe(holder)
  const redraw = () => plot.redraw()
  addEventListener('themechange', redraw, { signal })
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw, { signal })
  return () => {
    resized.disconnect()
    over.abort()
  }
}

/** The last minute of some values, drawn at most once a frame. */
export function Chart({
  label,
  times,
  lines,
  least,
}: {
  readonly label: string
  /** Seconds since 1970, of each value. */
  readonly times: readonly number[]
  readonly lines: readonly Line[]
  /** The scale reaches at least so far. */
  readonly least: number
}) {
  const holder = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot>(undefined)
  const shape = lines.map(({ label }) => label).join()

  // biome-ignore lint/correctness/useExhaustiveDependencies: a chart is made anew for other lines, not for other values
  useEffect(() => {
    const element = holder.current
    if (!element) return
    const own = makePlot(element, lines, least)
    plot.current = own
    const stop = follow(own, element)
    return () => {
      stop()
      own.destroy()
    }
  }, [shape, least])

  useEffect(() => {
    const frame = requestAnimationFrame(() =>
      plot.current?.setData([[...times], ...lines.map(({ values }) => [...values])]),
    )
    return () => cancelAnimationFrame(frame)
  }, [times, lines])

  return (
    <div className="chart" role="img" aria-label={label} ref={holder}>
      {(['first', 'second', 'faint'] as const).map((tone) => (
        <span key={tone} className={`tone-${tone}`} />
      ))}
    </div>
  )
}
