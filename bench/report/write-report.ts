import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { median } from '../measure/statistics.ts'
import type { Settings, Topic } from '../scenarios/scenario.ts'
import { guaranteeTexts } from '../systems/system.ts'
import { claimOf, ratioOf, sameOf, valuesOf, verdictsOf } from './compare.ts'
import { plotBars } from './plot.ts'
import type { GroupResult, RowResult, ScenarioResult } from './result.ts'

/** A generator busier than this share of its core measures itself. */
const mostGeneratorShare = 0.7

const names = (group: GroupResult) => group.name.replace(/\W+/g, '-')

function cells(row: RowResult, scenario: Topic): readonly string[] {
  return scenario.measures.map(({ name, digits }) => {
    const values = valuesOf(row, name)
    const text = values.length > 0 ? median(values).toFixed(digits) : '–'
    return name === 'generator' && median(values) > mostGeneratorShare
      ? `**${text}: it measures itself**`
      : text
  })
}

/** How often as much as ours a row's main figure is, with its interval and what may be said. */
function beside(group: GroupResult, row: RowResult, measure: string): string {
  const [first] = group.rows
  const ratio = first && row !== first ? ratioOf(row, first, measure) : undefined
  if (!first || !ratio) return ''
  const range =
    ratio.count > 1 ? ` (${ratio.low.toFixed(2)} to ${ratio.high.toFixed(2)})` : ' (one window only)'
  return `${ratio.middle.toFixed(2)}${range}, ${claimOf(group, row, first, measure)}`
}

function line(items: readonly string[]): string {
  return `| ${items.join(' | ')} |`
}

function table(group: GroupResult, scenario: Topic): readonly string[] {
  const [main] = scenario.measures
  if (!main) return []
  const first = group.rows[0]?.title ?? ''
  const titles = scenario.measures.map(({ title, unit }) => (unit ? `${title}, ${unit}` : title))
  const same = sameOf(group, main.name)
  const isOfServers = group.rows.some(({ guarantee }) => guarantee)
  return [
    line(['system', ...(isOfServers ? ['class'] : []), ...titles, `${main.title} beside ${first}`]),
    line(['---', ...(isOfServers ? ['---'] : []), ...titles.map(() => '--:'), '---']),
    ...group.rows.map((row) => {
      const failure = row.failure === undefined ? beside(group, row, main.name) : `**${row.failure}**`
      return line([
        row.title,
        ...(isOfServers ? [row.guarantee ?? ''] : []),
        ...cells(row, scenario),
        failure,
      ])
    }),
    '',
    same
      ? `A/A: ${same.ratio.middle.toFixed(3)} (${same.ratio.low.toFixed(3)} to ${same.ratio.high.toFixed(3)}) in ${same.ratio.count} pairs. Differences within a factor of ${same.noise.toFixed(2)} say nothing.`
      : 'There is no A/A line, so nothing is claimed.',
  ]
}

/** Systems that took part in the first rounds only. */
function fewer({ pairs, pairsOf = {} }: Settings): string {
  const some = Object.entries(pairsOf).filter(([, count]) => count > 0 && count < pairs)
  return some.map(([name, count]) => `; ${name} in the first ${count}`).join('')
}

function section(scenario: Topic, result: ScenarioResult, folder: string): readonly string[] {
  const [main] = scenario.measures
  const { provenance, settings } = result
  const groups = result.groups.flatMap((group) => {
    const picture = `${scenario.name}-${names(group)}.svg`.replace(/-\.svg/, '.svg')
    const bars = group.rows.map((row) => ({
      label: row.title.replaceAll('`', ''),
      values: valuesOf(row, main?.name ?? ''),
      isOurs: row.name.startsWith('ours'),
    }))
    const title = `${main?.title}${main?.unit ? `, ${main.unit}` : ''}${group.name ? `: ${group.name}` : ''}`
    writeFileSync(join(folder, picture), plotBars(title, bars, main?.digits ?? 1))
    return [
      ...(group.name ? [`### ${scenario.title}: ${group.name}`, ''] : []),
      `![${title}](${picture})`,
      '',
      ...table(group, scenario),
      '',
    ]
  })
  const verdicts = verdictsOf(scenario, result.groups).map(
    ({ text, found, isReached }) => `- ${isReached ? 'reached' : '**not reached**'}: ${text}: ${found}`,
  )
  return [
    `## ${scenario.title}`,
    '',
    scenario.text,
    '',
    `Measured ${provenance.date.slice(0, 16).replace('T', ' ')} at commit ${provenance.commit} on ${provenance.cpu}, ${provenance.cores} cores, ${provenance.memoryGiB} GiB, Linux ${provenance.kernel}, Node ${provenance.node}; ${settings.pairs} rounds of ${settings.seconds} s, after ${settings.warm} s of warm-up${fewer(settings)}${settings.quick ? ', **quick: too short and too small for claims**' : ''}.`,
    '',
    ...groups,
    ...(verdicts.length > 0 ? ['What was aimed at:', '', ...verdicts, ''] : []),
  ]
}

/** Writes `report.md` and its pictures from all results in a folder. */
export function writeReport(folder: string, topics: readonly Topic[]): void {
  const results = readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as ScenarioResult)
  const sections = topics.flatMap((topic) => {
    const result = results.find((one) => one.scenario === topic.name)
    return result ? section(topic, result, folder) : []
  })
  const classes = Object.entries(guaranteeTexts).map(([name, text]) => `- \`${name}\`: ${text}`)
  const head = [
    '# What was measured',
    '',
    'Written by `npm run bench` from the JSON files beside it. How it is measured, and how to read it, is in [bench/README.md](../README.md).',
    'Each figure is the median over the rounds; each dot of a picture is one window. Classes of guarantee:',
    '',
    ...classes,
    '',
  ]
  writeFileSync(join(folder, 'report.md'), [...head, ...sections].join('\n'))
}
