import { createGamutHooks } from '@gamut/react'
import type { channels } from '../channels.mjs'

/** The hooks with the types of this page's channels, without their definitions: those are the server's. */
export const { GamutProvider, useChannel, useGamut, useKeyed, usePublish } =
  createGamutHooks<typeof channels>()
