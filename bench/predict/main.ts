import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { advise } from '@gamut/advisor'
import { provenance } from '../measure/machine.ts'
import { type Predictions, predictionsText, type Row } from './report.ts'
import { workloads } from './workloads.ts'

const { values } = parseArgs({
  options: {
    predict: { type: 'boolean' },
    only: { type: 'string' },
    seconds: { type: 'string', default: '8' },
    calibration: { type: 'string' },
    results: { type: 'string', default: join(import.meta.dirname, '../results') },
  },
})
const { only, seconds, results } = values
const command = fileURLToPath(new URL('../../packages/cli/bin/gamut.js', import.meta.url))

async function gamut(args: readonly string[], input = ''): Promise<string> {
  const child = spawn(process.execPath, [command, 'bench', '--seconds', seconds, ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  child.stdin.end(input)
  const closed = once(child, 'close')
  const out = await text(child.stdout)
  const [code] = await closed
  if (code !== 0) throw new Error(`gamut bench ended with ${code}`)
  return out
}

// The constants of this machine, so that what is held against its figures is the model.
const calibration = values.calibration ?? join(results, 'calibration.json')
if (!values.calibration) await gamut(['--calibrate', '--out', calibration])
const rows: Row[] = []
for (const { name, need } of workloads) {
  if (only !== undefined && !only.split(',').includes(name)) continue
  // Who only sends reads nothing: patterns of reading have nothing to do.
  const able = advise(need).patterns.filter(({ obstacles }) =>
    obstacles.every(({ code }) => code !== 'nothing-to-read'),
  )
  const pattern = able.map((option) => option.pattern).join(',')
  console.log(name)
  const measured = await gamut(
    ['--json', '--calibration', calibration, '--pattern', pattern],
    JSON.stringify(need),
  )
  rows.push(...(JSON.parse(measured) as Row[]).map((row) => ({ ...row, workload: name })))
}
const predictions: Predictions = { provenance: provenance(), seconds: Number(seconds), rows }
writeFileSync(join(results, 'predictions.json'), `${JSON.stringify(predictions, null, 1)}\n`)
const report = predictionsText(predictions)
writeFileSync(join(results, 'predictions.md'), report)
console.log(report)
