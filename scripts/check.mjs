// @ts-check
import { gates } from './gates.mjs'
import { report } from './step.mjs'

let failed = 0
for (const gate of gates) if (!(await report(gate.name, gate.run))) failed += 1

console.log(`\n${gates.length - failed} passed, ${failed} failed`)
process.exitCode = failed > 0 ? 1 : 0
