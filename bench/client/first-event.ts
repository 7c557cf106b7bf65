/** How long a transport may say nothing where the first one is mute, in milliseconds; the client's own is 3,000. */
export const firstEventMs = 500
