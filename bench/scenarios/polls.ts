import { request } from 'node:http'
import { publishSequence } from '../load/publish-sequence.ts'
import { type LoadPlan, nextRun, startLoad, type WindowResult } from '../load/start-load.ts'
import type { Figures } from '../measure/run-rounds.ts'
import type { Running } from '../measure/start-system.ts'
import { message } from './message.ts'
import type { Prepared, Scenario, Settings } from './scenario.ts'
import { checkNothingLost } from './window.ts'

const rate = { name: 'rate', title: 'requests a second', unit: '', digits: 0 }
const cpuUs = { name: 'cpuUs', title: 'CPU per request', unit: 'µs', digits: 1 }
const p99Ms = { name: 'p99Ms', title: 'answered, p99', unit: 'ms', digits: 1 }
const generator = { name: 'generator', title: 'generator’s share of its core', unit: '', digits: 2 }

type Requests = NonNullable<LoadPlan['requests']>

/** Requesters that ask as soon as they are answered, on a server that they have warmed up. */
export async function prepareRequests(
  running: Running,
  plan: { readonly requests: Requests; readonly sleeps?: true },
  settings: Settings,
  figures: (result: WindowResult) => Figures,
): Promise<Prepared> {
  const load = await startLoad({ port: running.port, pids: running.pids(), ...plan })
  const measure = async (seconds: number) => {
    const result = await load.run(0.2, seconds)
    checkNothingLost(result)
    return figures(result)
  }
  try {
    await measure(settings.warm)
  } catch (error) {
    await load.stop()
    throw error
  }
  return { measure: () => measure(settings.seconds), end: load.stop }
}

function requestFigures(result: WindowResult) {
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

/** 64 pollers that find nothing new. */
export async function pollsOf(running: Running): Promise<Requests> {
  const { system, port } = running
  const posting = system.poll
  if (!posting) throw new Error(`${system.name} has no polls`)
  await publishSequence(running, nextRun(), 5)
  const headers = [...(posting.headers ?? []), `If-None-Match: ${await etagOf(port, posting.path)}`]
  return { posting: { ...posting, headers }, connections: 64, rate: 0, expectedStatus: 304 }
}

/** 64 publishers. */
export function publishesOf({ system }: Running): Requests {
  return { posting: system.publish(message()), connections: 64, rate: 0 }
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
  takes: { start: 1, window: 0.3 },
  prepare: async (running, _row, settings) =>
    prepareRequests(running, { requests: await pollsOf(running) }, settings, requestFigures),
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
  takes: { start: 1, window: 0.3 },
  prepare: (running, _row, settings) =>
    prepareRequests(running, { requests: publishesOf(running) }, settings, requestFigures),
}
