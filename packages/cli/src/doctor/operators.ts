import type { Finding } from './finding.js'
import type { Patient } from './patient.js'

const routes = ['/metrics', '/nodes', '/connections', '/trace', '/advice'] as const

/** A server without a key lets programs of its own machine in: straight there that is as it should be. */
function isThisMachine({ path, front }: Patient): boolean {
  return !front.isProxied && /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(path.target.url.hostname)
}

/** Whether what is for operators is open to everybody by this address. */
export async function examineOperators(patient: Patient): Promise<Finding> {
  const answers = await Promise.all(
    routes.map(async (route) => ({ route, ...(await patient.path.ask(route, { as: 'none' })) })),
  )
  const isOurs = ({ route, body }: (typeof answers)[number]) =>
    route === '/metrics' ? body.includes('gamut_') : body.startsWith('{')
  const open = answers.filter((answer) => answer.status === 200 && isOurs(answer)).map(({ route }) => route)
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
