import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { describeWith } from './support/parts.js'
import { startProcess } from './support/start-process.js'

const script = fileURLToPath(new URL('../scripts/proof.mjs', import.meta.url))

describeWith(['redis', 'nginx', 'chromium', 'curl'], 'npm run proof', () => {
  it('holds through kills, a restart, a promotion and an empty start (I1 to I6, I9, I10)', {
    timeout: 120_000,
  }, async () => {
    const args = [script, '--seconds', '20', '--seed', '2', '--no-peer']
    const proof = startProcess({ command: process.execPath, args })
    const { code } = await proof.exited
    expect(proof.output()).toContain('nothing lost unsaid, nothing twice, nothing out of order')
    expect(code).toBe(0)
  })
})
