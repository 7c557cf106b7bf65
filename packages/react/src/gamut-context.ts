import type { Gamut } from '@gamut/client'
import { createContext, createElement, type ReactElement, type ReactNode, useContext } from 'react'

const GamutContext = createContext<Gamut | undefined>(undefined)

/** What a provider is given. */
export interface GamutProviderProps<Client = Gamut> {
  /** The client, by `connect(url)`: made once, outside of components. It opens nothing before something is read. */
  readonly gamut: Client
  readonly children?: ReactNode
}

/** Gives a client to the hooks in all that is inside. */
export function GamutProvider({ gamut, children }: GamutProviderProps): ReactElement {
  return createElement(GamutContext.Provider, { value: gamut }, children)
}

/** The client of the nearest `GamutProvider`; throws where there is none. */
export function useGamut(): Gamut {
  const gamut = useContext(GamutContext)
  if (!gamut) throw new Error('no client here: put a <GamutProvider gamut={connect(url)}> around it')
  return gamut
}
