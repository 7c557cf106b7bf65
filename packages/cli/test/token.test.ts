import { describe, expect, it } from 'vitest'
import { runCommand } from './run-command.js'

describe('gamut token', () => {
  it('makes another secret each time, long enough for every algorithm (§12)', async () => {
    const make = async () => (await runCommand(['token', '--new-secret'])).out.trim()
    const made = [await make(), await make()]
    expect(made[0]).toMatch(/^[\w-]{64}$/)
    expect(made[0]).not.toBe(made[1])
  })

  it.each([
    [[], 'gamut token --sub alice'],
    [['--sub', 'a', '--expires', '5'], '"5" is no time'],
    [['--sub', 'a', '--expires', '0s'], '"0s" is no time'],
    [['--sub', 'a', '--read', 'a//b'], '"read" has what is no pattern'],
    [['--sub', 'a', '--jwt-secret-file', 'none'], 'there is no such file'],
    [['--sub', 'a', '--jwt-secret-file', 'a', '--jwk-file', 'b'], 'exclude each other'],
    [['--sub', 'a', '--jwk-file', 'package.json'], '--jwk-file: a private JSON Web Key is needed'],
    [['--new-api-key', 'a b', '--read', 'a'], 'a name of 1 to 64'],
    [['--new-api-key', 'a'], 'Say what the key may do'],
    [['--new-api-key', 'a', '--new-secret'], 'exclude each other'],
    [['alice'], '"alice"'],
  ])('refuses %j by its name', async (args, said) => {
    const { code, out, err } = await runCommand(['token', ...args])
    expect({ code, out, err }).toEqual({ code: 2, out: '', err: expect.stringContaining(said) })
  })

  it('says what to sign with where there is nothing, or too short a secret', async () => {
    const nothing = await runCommand(['token', '--sub', 'a'])
    expect(nothing).toMatchObject({ code: 2, err: expect.stringContaining('Set GAMUT_JWT_SECRET') })
    const short = await runCommand(['token', '--sub', 'a'], { env: { GAMUT_JWT_SECRET: 'short' } })
    expect(short).toMatchObject({ code: 2, err: expect.stringContaining('at least 32 bytes') })
  })
})
