/** Random bytes of a ticket: 192 bits, which nobody guesses. */
const ticketBytes = 24

/** A new ticket: 32 characters of `A-Z a-z 0-9 _ -` by the runtime's source of secrets. */
export function newTicket(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(ticketBytes))
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
}
