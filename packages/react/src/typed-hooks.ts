import type { Gamut, Message, TypedChannels } from '@gamut/client'
import type { Channels, InputOf, OutputOf } from '@gamut/protocol'
import type { ReactElement } from 'react'
import type { ChannelState } from './channel-state.js'
import { GamutProvider, type GamutProviderProps, useGamut } from './gamut-context.js'
import { type UseChannelOptions, useChannel } from './use-channel.js'
import { useKeyed } from './use-keyed.js'
import { type UseLatestOptions, useLatest } from './use-latest.js'
import { type Publishing, usePublish } from './use-publish.js'
import type { ReadingOptions } from './use-reading.js'
import { useStatus } from './use-status.js'

/** The schemas of definitions, as `defineChannels` or `typed` gives them. */
export type SchemasOf<Definitions> =
  Definitions extends TypedChannels<infer Schemas>
    ? Schemas
    : Definitions extends Channels<infer Schemas>
      ? Schemas
      : never

/** The provider and the hooks with the types of one set of definitions. */
export interface GamutHooks<Schemas> {
  readonly GamutProvider: (props: GamutProviderProps<Gamut<Schemas>>) => ReactElement
  readonly useGamut: () => Gamut<Schemas>
  readonly useChannel: <const Name extends string>(
    name: Name,
    options?: UseChannelOptions<OutputOf<Schemas, Name>>,
  ) => ChannelState<OutputOf<Schemas, Name>>
  readonly useLatest: <const Name extends string>(
    name: Name,
    options?: UseLatestOptions<OutputOf<Schemas, Name>>,
  ) => Message<OutputOf<Schemas, Name>> | undefined
  readonly useKeyed: <const Name extends string>(
    name: Name,
    options?: ReadingOptions<OutputOf<Schemas, Name>>,
  ) => ReadonlyMap<string, Message<OutputOf<Schemas, Name>>>
  readonly useStatus: typeof useStatus
  readonly usePublish: <const Name extends string>(name: Name) => Publishing<InputOf<Schemas, Name>>
}

/** The hooks themselves, with types: `createGamutHooks<typeof channels>()`, once, beside the definitions. */
export function createGamutHooks<Definitions>(): GamutHooks<SchemasOf<Definitions>> {
  const hooks = { GamutProvider, useGamut, useChannel, useLatest, useKeyed, useStatus, usePublish }
  return hooks as never
}
