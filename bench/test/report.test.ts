import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import type { ScenarioResult } from '../report/result.ts'
import { writeReport } from '../report/write-report.ts'
import { scenarios } from '../scenarios/table.ts'

const folder = mkdtempSync(join(tmpdir(), 'gamut-bench-report-'))
afterAll(() => rmSync(folder, { recursive: true }))

const windows = (...values: number[]) => values.map((cpuUs) => ({ cpuUs, delayP50Ms: 1 }))
const result: ScenarioResult = {
  scenario: 'fan-out',
  provenance: {
    date: '2026-01-02T03:04:05.000Z',
    commit: 'abc1234',
    node: 'v24.0.0',
    cpu: 'a processor',
    cores: 2,
    memoryGiB: 24,
    kernel: '6.1',
  },
  settings: { pairs: 3, seconds: 5, warm: 3, quick: false },
  groups: [
    {
      name: 'websocket, 20/s',
      rows: [
        { name: 'ours', title: 'Gamut', guarantee: 'log', windows: windows(9, 9.1, 9) },
        { name: 'control', title: 'bare Node', guarantee: 'none', windows: windows(6, 6.1, 6) },
        { name: 'ws', title: '<ws>', guarantee: 'none', windows: [], failure: 'failed: 3 lost' },
        { name: 'ours again', title: 'Gamut, again', guarantee: 'log', windows: windows(9, 9, 9.1) },
      ],
    },
  ],
}

it('writes what was lost and what was not reached beside the rest, with a picture for each group', () => {
  writeFileSync(join(folder, 'fan-out.json'), JSON.stringify(result))
  writeReport(folder, scenarios)
  const report = readFileSync(join(folder, 'report.md'), 'utf8')
  expect(report).toContain('at commit abc1234 on a processor, 2 cores, 24 GiB')
  expect(report).toMatch(/\| Gamut \| log \| 9\.00 \|/)
  expect(report).toMatch(/\| bare Node \| none \| 6\.00 .*0\.67 \(0\.6\d to 0\.6\d\), lower \|/)
  expect(report).toContain('**failed: 3 lost**')
  expect(report).toMatch(/A\/A: 1\.00/)
  expect(report).toMatch(/\*\*not reached\*\*: .*≤ 1\.1 × bare Node: 1\.50 ×/)
  expect(readdirSync(folder)).toContain('fan-out-websocket-20-s.svg')
  expect(readFileSync(join(folder, 'fan-out-websocket-20-s.svg'), 'utf8')).not.toContain('<ws>')
})

it('claims nothing where there is no A/A line', () => {
  const rows = result.groups[0]?.rows.filter(({ name }) => !name.endsWith('again')) ?? []
  const groups = [{ name: 'websocket, 20/s', rows }]
  writeFileSync(join(folder, 'fan-out.json'), JSON.stringify({ ...result, groups }))
  writeReport(folder, scenarios)
  const report = readFileSync(join(folder, 'report.md'), 'utf8')
  expect(report).toContain('There is no A/A line, so nothing is claimed.')
  expect(report).not.toMatch(/lower|higher/)
})
