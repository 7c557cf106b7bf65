import { describe, expect, it, vi } from 'vitest'
import { AddressSet, toAddress, toAddressGroup } from '../src/address.js'
import { createGamut, type GamutOptions } from '../src/index.js'

const trustedProxies = ['127.0.0.1', '::1', '10.0.0.0/8', '2001:db8:1::/48']

function ask(peer: string, headers: Record<string, string>, options: GamutOptions = {}) {
  const gamut = createGamut({ trustedProxies, ...options })
  return gamut.clientAddress(peer, (name) => headers[name])
}

describe('an address', () => {
  it.each([
    ['::ffff:1.2.3.4', '1.2.3.4'],
    ['::FFFF:0102:0304', '1.2.3.4'],
    ['2001:DB8:0:0::1', '2001:db8::1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['127.1', undefined],
    ['010.0.0.1', undefined],
    ['0x7f.0.0.1', undefined],
    ['1.2.3.4.5', undefined],
    ['1.2.3', undefined],
    ['localhost', undefined],
    ['', undefined],
  ])('is one text whichever way it is written: %s', (text, address) => {
    expect(toAddress(text)).toBe(address)
  })

  it('is counted by itself as IPv4, and with its network of 64 bits as IPv6', () => {
    expect(toAddressGroup('203.0.113.5')).toBe('203.0.113.5')
    expect(toAddressGroup('2001:db8:1:2:aaaa::1')).toBe(toAddressGroup('2001:db8:1:2:bbbb::2'))
    expect(toAddressGroup('2001:db8:1:2::1')).not.toBe(toAddressGroup('2001:db8:1:3::1'))
  })

  it('is in a range of its own kind only', () => {
    const set = new AddressSet(['10.0.0.0/8', '2001:db8::/32', '192.0.2.7'])
    const inside = ['10.255.0.1', '::ffff:10.1.1.1', '2001:db8:ffff::1', '192.0.2.7']
    const outside = ['11.0.0.1', '2001:db9::1', '192.0.2.8', '::a00:1', '', 'x']
    expect(inside.filter((text) => !set.has(text))).toEqual([])
    expect(outside.filter((text) => set.has(text))).toEqual([])
  })
})

describe('who asks through a proxy', () => {
  it.each([
    ['is the peer where it is no proxy', '203.0.113.5', '198.51.100.1', '203.0.113.5'],
    ['is who the proxy names', '127.0.0.1', '203.0.113.5', '203.0.113.5'],
    ['is who a proxy on a mapped address names', '::ffff:127.0.0.1', '203.0.113.5', '203.0.113.5'],
    ['is the right-most: the left may be forged', '127.0.0.1', '198.51.100.1, 203.0.113.5', '203.0.113.5'],
    ['is the right-most that is no proxy', '127.0.0.1', '198.51.100.1, 203.0.113.5, 10.1.2.3', '203.0.113.5'],
    ['is not the nonsense on the left', '127.0.0.1', '"x, ,;;for=, 203.0.113.5', '203.0.113.5'],
    ['may come with a port', '127.0.0.1', '203.0.113.5:4711', '203.0.113.5'],
    ['may come in brackets', '127.0.0.1', '[2001:DB8:2::1]:4711', '2001:db8:2::1'],
    ['may come without brackets', '127.0.0.1', '2001:db8:2::1', '2001:db8:2::1'],
    ['is the proxy where it names nobody', '127.0.0.1', 'unknown', '127.0.0.1'],
    ['is the proxy where nothing is said', '127.0.0.1', '', '127.0.0.1'],
    ['is the last proxy that names nobody', '127.0.0.1', '203.0.113.5, zzz, 10.1.2.3', '10.1.2.3'],
    ['is the first proxy where there are no others', '127.0.0.1', '10.1.1.1, 10.1.2.3', '10.1.1.1'],
    ['is not known without an address', '', '203.0.113.5', ''],
  ])('%s (§10)', (_title, peer, list, address) => {
    expect(ask(peer, { 'x-forwarded-for': list })).toBe(address)
  })

  it.each([
    ['is who it names', 'for=203.0.113.5;proto=https;by=10.0.0.1', '203.0.113.5'],
    ['is named wherever in the element', 'proto=https; For="203.0.113.5:80"', '203.0.113.5'],
    ['is quoted as IPv6', 'for="[2001:db8:2::1]:4711"', '2001:db8:2::1'],
    ['is the right-most', 'for=198.51.100.1, for=203.0.113.5', '203.0.113.5'],
    ['is the right-most behind a quote that is left open', 'for="x, for=203.0.113.5', '203.0.113.5'],
    ['is the right-most behind an open quote, quoted', 'for="x, for="[2001:db8:2::1]"', '2001:db8:2::1'],
    ['is the right-most behind a quoted comma', 'for="a,b", for=203.0.113.5', '203.0.113.5'],
    ['is the proxy where it hides who asks', 'for=_hidden', '127.0.0.1'],
    ['is the proxy where it does not say', 'by=203.0.113.5', '127.0.0.1'],
  ])('%s, with Forwarded (§10, RFC 7239)', (_title, list, address) => {
    expect(ask('127.0.0.1', { forwarded: list }, { forwardedHeader: 'forwarded' })).toBe(address)
  })

  it('is not taken from the header that proxies do not set', () => {
    const headers = { forwarded: 'for=198.51.100.1', 'x-forwarded-for': '203.0.113.5' }
    expect(ask('127.0.0.1', headers)).toBe('203.0.113.5')
    expect(ask('127.0.0.1', { forwarded: 'for=198.51.100.1' })).toBe('127.0.0.1')
    expect(ask('127.0.0.1', headers, { forwardedHeader: 'forwarded' })).toBe('198.51.100.1')
  })

  it('is the peer while no proxy is trusted', () => {
    expect(ask('127.0.0.1', { 'x-forwarded-for': '203.0.113.5' }, { trustedProxies: [] })).toBe('127.0.0.1')
  })

  it('is missed once in the log where a proxy speaks and none is named', () => {
    const warn = vi.fn()
    const gamut = createGamut({ logger: { info: () => {}, warn, error: () => {} } })
    gamut.clientAddress('127.0.0.1', () => undefined)
    expect(warn).not.toHaveBeenCalled()
    for (let n = 0; n < 3; n++) gamut.clientAddress('127.0.0.1', () => '203.0.113.5')
    expect(warn.mock.calls).toEqual([
      [{ header: 'x-forwarded-for' }, expect.stringContaining('trustedProxies')],
    ])
  })
})
