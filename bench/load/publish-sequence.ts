import { Agent, request } from 'node:http'
import type { Running } from '../measure/start-system.ts'
import { message } from '../scenarios/message.ts'
import { inChannel } from '../systems/in-channel.ts'

function send(
  agent: Agent,
  port: number,
  path: string,
  headers: readonly string[],
  body: string,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const given = Object.fromEntries(headers.map((line) => line.split(': ', 2)))
    const asked = request(
      { agent, port, path, host: '127.0.0.1', method: 'POST', headers: given },
      (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (part: string) => {
          text += part
        })
        response.on('end', () => {
          if ((response.statusCode ?? 500) < 300) resolve(text)
          else reject(new Error(`a publish was answered with ${response.statusCode}: ${text}`))
        })
      },
    )
    asked.on('error', reject)
    asked.end(body)
  })
}

/** Puts numbered messages of a run into a channel one by one. Returns the answers, in order. */
export async function publishSequence(
  { port, system }: Running,
  run: number,
  count: number,
  channel = '0000',
): Promise<readonly string[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const answers: string[] = []
  try {
    for (let seq = 1; seq <= count; seq++) {
      const digits = `${String(run).padStart(3, '0')}00${String(seq).padStart(7, '0')}`
      const body = message().replace(/\^0{12}/, `^${digits}`)
      const { path, headers = [], body: framed = '' } = inChannel(system.publish(body), channel)
      answers.push(await send(agent, port, path, headers, framed))
    }
    return answers
  } finally {
    agent.destroy()
  }
}
