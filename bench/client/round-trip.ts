/** How long a message takes to a far server and back, in milliseconds. */
export const roundTripMs = 20
