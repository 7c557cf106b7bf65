/** An input that no answer can be given to; `field` names what to mend, such as `need.readers`. */
export class AdviceError extends Error {
  override readonly name = 'AdviceError'
  readonly field: string

  constructor(field: string, text: string) {
    super(`${field}: ${text}`)
    this.field = field
  }
}
