import { readFileSync } from 'node:fs'
import { parser } from '@prometheus-io/lezer-promql'

/** A panel's query as the dashboard has it. */
export interface PanelQuery {
  readonly panel: string
  readonly expr: string
}

interface Panel {
  readonly title: string
  readonly targets?: readonly { readonly expr: string }[]
}

/** The dashboard file as Grafana reads it. */
export interface Dashboard {
  readonly uid: string
  readonly title: string
  readonly panels: readonly (Panel & { readonly type: string; readonly gridPos: object })[]
  readonly templating: { readonly list: readonly { readonly name: string; readonly type: string }[] }
}

const folder = new URL('../../docs/operate/', import.meta.url)

/** Where a file of docs/operate is on disk. */
export function operateFile(name: string): URL {
  return new URL(name, folder)
}

/** The dashboard that docs/operate has. */
export function readDashboard(): Dashboard {
  return JSON.parse(readFileSync(operateFile('grafana-dashboard.json'), 'utf8'))
}

/** Every query of the dashboard. */
export function panelQueries({ panels }: Dashboard): readonly PanelQuery[] {
  return panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => ({ panel: title, expr })))
}

/** A query with the values that Grafana would put in place of its variables. */
export function fillIn(expr: string, rateInterval = '1m'): string {
  return expr
    .replaceAll('$__rate_interval', rateInterval)
    .replaceAll('$job', '.+')
    .replaceAll('$instance', '.+')
}

/** A metric that a PromQL expression asks for, and the functions around it, the innermost first. */
export interface UsedMetric {
  readonly name: string
  readonly functions: readonly string[]
}

/** What a PromQL expression asks for. Throws where it is none. */
export function metricsOf(expr: string): readonly UsedMetric[] {
  const used: UsedMetric[] = []
  parser.parse(expr).iterate({
    enter: (node) => {
      if (node.type.isError) throw new Error(`no PromQL at ${node.from} of: ${expr}`)
      if (node.name !== 'VectorSelector') return
      const name = node.node.getChild('Identifier')
      if (!name) throw new Error(`a selector without a metric in: ${expr}`)
      const functions: string[] = []
      for (let outer = node.node.parent; outer; outer = outer.parent) {
        const called = outer.name === 'FunctionCall' ? outer.getChild('FunctionIdentifier') : null
        if (called) functions.push(expr.slice(called.from, called.to))
      }
      used.push({ name: expr.slice(name.from, name.to), functions })
    },
  })
  return used
}
