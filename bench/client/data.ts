/** What a feeder's message carries: some 120 bytes of JSON, as in the server's scenarios. */
export interface Data {
  /** Its place in the ring. */
  readonly n: number
  readonly text: string
}

/** So many messages come again and again, encoded beforehand: what follows the last one is the first one. */
export const ringSize = 2000

/** The data of a message by its place in the ring. */
export function dataOf(n: number): Data {
  return { n, text: 'x'.repeat(95) }
}

/** Whether data is the feeder's own. */
export function isData(value: unknown): value is Data {
  return typeof (value as Partial<Data> | null)?.n === 'number'
}
