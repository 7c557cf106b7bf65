import { createGamut, type GamutOptions } from '../src/index.js'

/** A server without a socket, open to everybody unless a test says otherwise, and short ways to ask it. */
export function createRig(options: GamutOptions = {}) {
  const gamut = createGamut({ authorize: () => true, ...options })
  const ask = (target: string, init: RequestInit = {}) =>
    gamut.fetch(new Request(`http://gamut.test${target}`, init))
  return {
    gamut,
    ask,
    read: async (target: string, init?: RequestInit) => JSON.parse(await (await ask(target, init)).text()),
    post: (
      target: string,
      body: BodyInit,
      headers: Record<string, string> = { 'content-type': 'application/json' },
    ) => ask(target, { method: 'POST', body, headers }),
  }
}

/** The code of a refusal. */
export async function codeOf(response: Response): Promise<string> {
  const { error } = (await response.json()) as { error: { code: string } }
  return error.code
}

/** Reads a stream until its text so far passes, and ends it. */
export async function readUntil(response: Response, passes: (text: string) => boolean): Promise<string> {
  const reader = response.body?.getReader()
  const decoder = new TextDecoder()
  let text = ''
  while (reader && !passes(text)) {
    const { done, value } = await reader.read()
    if (done) break
    text += decoder.decode(value, { stream: true })
  }
  await reader?.cancel()
  return text
}
