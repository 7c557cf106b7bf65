import { describe, expect, it } from 'vitest'
import { startChromium } from '../chromium.js'
import { startNginx } from '../nginx.js'
import { describeWith } from '../parts.js'
import { startRedis } from '../redis.js'
import { startProcess } from '../start-process.js'

const isAlive = (pid: number) => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

describe('processes started by tests', () => {
  it('show their output, and end by the signal they are sent', async () => {
    const child = startProcess({ command: 'sh', args: ['-c', 'echo up; exec sleep 100'] })
    await child.waitFor((output) => output.includes('up'))
    expect(await child.stop()).toEqual({ code: null, signal: 'SIGTERM' })
    expect(isAlive(child.pid)).toBe(false)
  })

  it('take with them what they have started, which would hold their output open', async () => {
    const child = startProcess({ command: 'sh', args: ['-c', 'sleep 100 & echo up; exec sleep 100'] })
    await child.waitFor((output) => output.includes('up'))
    expect(await child.stop('SIGKILL')).toEqual({ code: null, signal: 'SIGKILL' })
  })

  it('that end too early fail with their output', async () => {
    const child = startProcess({ command: 'sh', args: ['-c', 'echo no such luck; exit 3'] })
    await expect(child.waitFor((output) => output.includes('ready'))).rejects.toThrow('no such luck')
    expect(await child.exited).toEqual({ code: 3, signal: null })
  })
})

describeWith('nginx', 'nginx', () => {
  it('answers on its own port and ends at once', async () => {
    const nginx = await startNginx((port) => `server { listen 127.0.0.1:${port}; return 200 here; }`)
    expect(await (await fetch(nginx.url)).text()).toBe('here')
    expect(await nginx.stop()).toEqual({ code: 0, signal: null })
  })

  it('says what is wrong with its configuration', async () => {
    await expect(startNginx(() => 'server { lissen 1; }')).rejects.toThrow('lissen')
  })
})

describeWith('redis', 'redis', () => {
  it('accepts commands', async () => {
    const redis = await startRedis()
    expect(redis.output()).toContain(`${redis.port}`)
    expect(await redis.stop()).toEqual({ code: 0, signal: null })
  })
})

describeWith('chromium', 'chromium', () => {
  it('runs what a page says', async () => {
    const browser = await startChromium()
    const page = await browser.newPage()
    await page.setContent('<title>A page</title>')
    expect(await page.title()).toBe('A page')
    expect(await page.evaluate(() => typeof EventSource)).toBe('function')
  })
})
