import { AdviceError, type Circumstances, complete, type Need } from '@gamut/advisor'
import { isObject, type Rule } from './check.js'

/** Throws where the advisor does not take something, so that nobody finds out later that it says nothing. */
function check(name: string, take: () => void): void {
  try {
    take()
  } catch (error) {
    if (!(error instanceof AdviceError)) throw error
    // It begins with the field, as in `need.readers`.
    throw new TypeError(name + error.message.replace(/^\w+/, ''))
  }
}

/** A rule for what a use requires of a channel. */
export const isNeed: Rule = (value, name) => {
  if (value === 'measured') return
  isObject(value, name)
  check(name, () => complete(value as Need))
}

/** A rule for what stands between readers and the server. */
export const isCircumstances: Rule = (value, name) => {
  isObject(value, name)
  check(name, () => complete({}, value as Circumstances))
}
