import { parsePattern, patternHint } from '@gamut/protocol'
import { isAddressRange } from './address.js'
import { fail, type Rule } from './check.js'

/** Addresses and ranges of them. */
export const isAddressList: Rule = (value, name) => {
  if (!Array.isArray(value)) fail(name, 'a list of addresses is needed')
  for (const text of value) {
    if (!isAddressRange(text))
      fail(name, `"${String(text)}" is neither an address nor a range like "10.0.0.0/8"`)
  }
}

/** Patterns of channels. */
export const isPatternList: Rule = (value, name) => {
  if (!Array.isArray(value)) fail(name, 'a list of channel patterns is needed')
  for (const text of value) {
    if (typeof text !== 'string' || !parsePattern(text))
      fail(name, `"${String(text)}" is none: ${patternHint}`)
  }
}

/** Origins of pages, or `*`. */
export const isOriginList: Rule = (value, name) => {
  if (!Array.isArray(value)) fail(name, 'a list of origins is needed')
  for (const origin of value) checkOrigin(origin, name)
}

function checkOrigin(origin: unknown, name: string): void {
  if (origin === '*') return
  if (typeof origin !== 'string' || !URL.canParse(origin) || new URL(origin).origin !== origin) {
    fail(name, `"${String(origin)}" is no origin; write it like "https://app.example.com", without a path`)
  }
}
