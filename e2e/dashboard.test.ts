import { readFileSync } from 'node:fs'
import { type MetricName, metricDefinitions } from '@gamut/server'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { fillIn, metricsOf, operateFile, panelQueries, readDashboard } from './support/dashboard.js'

/** Node's own, which the command `gamut` adds. */
const ofProcess = /^(?:process|nodejs)_/

const alerts: {
  readonly groups: readonly {
    readonly rules: readonly {
      readonly alert: string
      readonly expr: string
      readonly annotations: Readonly<Record<string, string>>
    }[]
  }[]
} = parse(readFileSync(operateFile('alerts.yml'), 'utf8'))
const rules = alerts.groups.flatMap((group) => group.rules)

const dashboard = readDashboard()
const queries = panelQueries(dashboard)
const expressions = [
  ...queries.map(({ panel, expr }) => ({ of: panel, expr: fillIn(expr) })),
  ...rules.map(({ alert, expr }) => ({ of: alert, expr })),
]

/** What is wrong with how a metric is asked for, by its kind. */
function misuse(name: string, functions: readonly string[]): string | undefined {
  if (ofProcess.test(name)) return undefined
  const base = name.replace(/_(?:bucket|sum|count)$/, '')
  const isPart = base !== name && Object.hasOwn(metricDefinitions, base)
  const known = isPart ? base : name
  if (!Object.hasOwn(metricDefinitions, known)) return `${name} is no metric`
  const { kind } = metricDefinitions[known as MetricName]
  const isRated = functions.includes('rate')
  const isQuantile = functions.includes('histogram_quantile')
  if (isPart !== (kind === 'histogram')) return `${name} is no part of a ${kind}`
  if (kind === 'gauge' ? isRated : !isRated) return `rate() and ${name}, a ${kind}, do not go together`
  if (isQuantile !== name.endsWith('_bucket')) return `histogram_quantile() needs the buckets, not ${name}`
  return undefined
}

describe('the dashboard and the alerts of docs/operate', () => {
  it.each(expressions)('ask in PromQL for metrics that there are, by their kind ($of: $expr)', ({ expr }) => {
    for (const { name, functions } of metricsOf(expr)) expect(misuse(name, functions)).toBe(undefined)
  })

  it.each([
    ['sum(rate(gamut_connections[1m]))', /a gauge, do not/],
    ['gamut_published_total', /a counter, do not/],
    ['histogram_quantile(0.9, rate(gamut_publish_seconds[1m]))', /no part of a histogram/],
    ['rate(gamut_nothing_total[1m])', /is no metric/],
    ['histogram_quantile(0.9, rate(gamut_publish_seconds_count[1m]))', /needs the buckets/],
  ])('would not ask so: %s', (expr, problem) => {
    expect(
      metricsOf(expr)
        .map(({ name, functions }) => misuse(name, functions))
        .join(),
    ).toMatch(problem)
  })

  it('is refused where it is no PromQL', () => {
    expect(() => metricsOf('sum(rate(gamut_published_total[1m])')).toThrow(/no PromQL/)
  })

  it('shows every metric that there is', () => {
    const shown = new Set(
      queries.flatMap(({ expr }) =>
        metricsOf(fillIn(expr)).map(({ name }) => name.replace(/_(?:bucket|sum|count)$/, '')),
      ),
    )
    expect(Object.keys(metricDefinitions).filter((name) => !shown.has(name))).toEqual([])
  })

  it('asks for labels that a metric has', () => {
    const ours = expressions.filter(({ expr }) => expr.includes('gamut_'))
    for (const { expr } of ours) {
      const by = [...expr.matchAll(/by \(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(/, ?/))
      const known = metricsOf(expr).flatMap(({ name }) => {
        const base = name.replace(/_(?:bucket|sum|count)$/, '')
        return Object.hasOwn(metricDefinitions, base) ? metricDefinitions[base as MetricName].labels : []
      })
      const labels: readonly string[] = [...known, 'le', 'job', 'instance']
      expect(
        by.filter((label) => !labels.includes(label)),
        expr,
      ).toEqual([])
    }
  })

  it('can be provisioned: it has an id, a data source to choose, and panels in rows that do not overlap', () => {
    expect(dashboard.uid).toBe('gamut')
    expect(dashboard.templating.list[0]).toMatchObject({ name: 'datasource', type: 'datasource' })
    const rows = dashboard.panels.filter(({ type }) => type === 'row').map(({ title }) => title)
    expect(rows).toEqual([
      'Readers',
      'Delivery',
      'Publishing',
      'Broker',
      'Slow readers',
      'Overload and drain',
      'Process',
    ])
    const places = dashboard.panels.map(({ gridPos }) => JSON.stringify(gridPos))
    expect(new Set(places).size).toBe(places.length)
  })

  it('says of every alert what it means and what to do', () => {
    expect(rules.length).toBeGreaterThan(5)
    for (const { annotations } of rules) {
      expect(annotations).toMatchObject({ summary: expect.any(String), description: expect.any(String) })
    }
  })
})
