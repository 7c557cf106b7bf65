import { request } from 'node:http'
import { type LoadPlan, startLoad } from '../load/start-load.ts'
import type { Running } from '../measure/start-system.ts'
import { message } from './message.ts'
import type { Scenario, Settings } from './scenario.ts'
import { checkNothingLost, type Measured, measureWindow } from './window.ts'

const rate = { name: 'rate', title: 'requests a second', unit: '', digits: 0 }
const cpuUs = { name: 'cpuUs', title: 'CPU per request', unit: 'µs', digits: 1 }
const p99Ms = { name: 'p99Ms', title: 'answered, p99', unit: 'ms', digits: 1 }
const generator = { name: 'generator', title: 'generator’s share of its core', unit: '', digits: 2 }

async function ask(
  running: Running,
  requests: NonNullable<LoadPlan['requests']>,
  settings: Settings,
): Promise<Measured> {
  const load = await startLoad({ port: running.port, requests })
  try {
    const result = await measureWindow(load, running, 1, settings.seconds)
    checkNothingLost(result)
    return result
  } finally {
    await load.stop()
  }
}

function figures(result: Measured) {
  return {
    cpuUs: result.cpuUs / result.answered,
    rate: result.answered / result.seconds,
    p99Ms: result.answer.p99 / 1000,
    generator: result.busyShare,
  }
}

function etagOf(port: number, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    request({ port, path, host: '127.0.0.1' }, (response) => {
      response.resume()
      resolve(response.headers.etag ?? '')
    })
      .on('error', reject)
      .end()
  })
}

/** Polls that find nothing new. */
export const polls: Scenario = {
  name: 'polls',
  title: 'Polls answered with 304',
  text: '64 pollers on connections that stay open ask again as soon as they are answered; nothing is new.',
  measures: [cpuUs, rate, p99Ms, generator],
  reaches: [{ of: 'ours', measure: 'cpuUs', to: 'control', atMost: 1.25 }],
  systems: ['ours', 'control'],
  transports: [undefined],
  variants: [undefined],
  measure: async (running, { system }, settings) => {
    const posting = system.poll
    if (!posting) throw new Error(`${system.name} has no polls`)
    const publish = { posting: system.publish(message()), connections: 1, rate: 10 }
    await ask(running, publish, { ...settings, seconds: 0.5 })
    const headers = [...(posting.headers ?? []), `If-None-Match: ${await etagOf(running.port, posting.path)}`]
    const requests = { posting: { ...posting, headers }, connections: 64, rate: 0, expectedStatus: 304 }
    return figures(await ask(running, requests, settings))
  },
}

/** Publishes without a reader. */
export const publishes: Scenario = {
  name: 'publishes',
  title: 'Publishes over HTTP',
  text: '64 publishers on connections that stay open each send the next message of 120 bytes as soon as they are answered; nobody reads. The bare control reads the body, parses the JSON and answers.',
  measures: [{ ...cpuUs, title: 'CPU per publish' }, rate, p99Ms, generator],
  reaches: [
    { of: 'ours', measure: 'cpuUs', to: 'control', atMost: 1.5 },
    { of: 'ours', measure: 'cpuUs', to: 'centrifugo', atMost: 1 },
  ],
  systems: ['ours', 'control', 'socket.io', 'nchan', 'bun', 'centrifugo', 'mercure'],
  transports: [undefined],
  variants: [undefined],
  measure: async (running, { system }, settings) => {
    const requests = { posting: system.publish(message()), connections: 64, rate: 0 }
    return figures(await ask(running, requests, settings))
  },
}
