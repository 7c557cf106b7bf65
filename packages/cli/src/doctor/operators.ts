import type { Finding } from './finding.js'
import type { Patient } from './patient.js'

/** Routes of operators, and what shows that it is Gamut which answers there and not another service. */
const routes: readonly (readonly [route: string, sign: RegExp])[] = [
  ['/metrics', /^gamut_connections_max /m],
  ['/nodes', /"nodes":\[\{"node":/],
  ['/connections', /"summary":/],
  ['/trace', /"maxBytes":/],
  ['/advice', /^\{"node":.*"channels":/],
]

/** A server without a key lets programs of its own machine in: straight there that is as it should be. */
function isThisMachine({ path, front }: Patient): boolean {
  return !front.isProxied && /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(path.target.url.hostname)
}

/** Whether what is for operators is open to everybody by this address. */
export async function examineOperators(patient: Patient): Promise<Finding> {
  const answers = await Promise.all(
    routes.map(async ([route, sign]) => ({
      route,
      sign,
      ...(await patient.path.ask(route, { as: 'none' })),
    })),
  )
  const open = answers
    .filter(({ status, body, sign }) => status === 200 && sign.test(body))
    .map(({ route }) => route)
  const check = 'operators'
  const seen = Object.fromEntries(answers.map(({ route, status }) => [route, status]))
  if (open.length === 0)
    return { check, severity: 'ok', says: 'Operators’ routes are closed to whoever has no key.', seen }
  if (isThisMachine(patient))
    return {
      check,
      severity: 'ok',
      says: 'Operators’ routes are open to programs of this machine, as the server has no key.',
      seen,
    }
  return {
    check,
    severity: 'fault',
    says: `Operators’ routes are open to everybody by this address: ${open.join(', ')}.`,
    means: 'Anybody sees who reads what, sends readers away and revokes them.',
    problem: 'operators',
    todo: 'Give the server an operations key (GAMUT_OPERATIONS_KEY), or a port of its own for operators (--operations-port).',
    seen,
  }
}
