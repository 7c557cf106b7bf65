import { Meter } from '../meter.js'

/** What the operations view has cost. */
export const meter = new Meter()

const keyName = 'operations-key'
/** Which of several nodes is asked, where a proxy in front takes one of them by this name. */
const nodeHeader = 'control-room-node'

/** The server's refusal, in its own words. */
export class Refusal extends Error {
  /** Of HTTP; 0 where there was no answer. */
  readonly status: number

  constructor(status: number, text: string) {
    super(text)
    this.status = status
  }
}

/** The key of operators, for as long as the tab lives: it opens more than anybody else may see. */
function recallKey(): string | null {
  try {
    return sessionStorage.getItem(keyName)
  } catch {
    return null
  }
}

/** Keeps the key for this tab. */
export function rememberKey(key: string): void {
  try {
    sessionStorage.setItem(keyName, key)
  } catch {
    // A browser may forbid its stores; then the key is asked for again.
  }
}

async function refusalOf(response: Response): Promise<Refusal> {
  const body: unknown = await response.json().catch(() => undefined)
  const { message } = Object(Object(body).error)
  return new Refusal(response.status, message ?? `The server answered ${response.status}.`)
}

/** Asks one node what only operators may ask. Throws a `Refusal`. */
export async function ask(
  path: string,
  { node, method = 'GET', body }: { node?: string | undefined; method?: string; body?: object } = {},
): Promise<Response> {
  const key = recallKey()
  const headers = {
    ...(key && { authorization: `Bearer ${key}` }),
    ...(node && { [nodeHeader]: node }),
  }
  const init = { method, headers, ...(body && { body: JSON.stringify(body) }) }
  const response = await meter.environment.fetch(new URL(path, location.origin).href, init).catch(() => {
    throw new Refusal(0, 'The server does not answer.')
  })
  if (!response.ok) throw await refusalOf(response)
  return response
}

/** The same, of what is answered as JSON. */
export async function askJson<Answer>(path: string, how?: Parameters<typeof ask>[1]): Promise<Answer> {
  return (await ask(path, how)).json()
}
