import { useStatus } from '@gamut/react'

/** Whether what a widget shows is all that there is: else it knows nothing of what it does not show. */
export const useIsLive = (): boolean => useStatus(({ state }) => state === 'live')
