/** Where the generator puts run, publisher, sequence number and time. */
const marker = `^${'0'.repeat(26)}`

/** A message's data as JSON: a text of so many bytes in all, with the marker that the generator fills in. */
export function message(bytes = 120): string {
  return `"${marker}${'x'.repeat(bytes - marker.length - 2)}"`
}
