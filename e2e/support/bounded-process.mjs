// @ts-check
import { closeSync, openSync } from 'node:fs'
import { createGamut } from '@gamut/server'
import { serve } from '@gamut/server/node'

/**
 * Serves the built packages as `GAMUT_TEST_SERVER` says, and at `/resources` what keeps the process busy. By SIGUSR2 it
 * takes all descriptors that are left, and gives them back by the next one.
 */
const { options } = JSON.parse(process.env['GAMUT_TEST_SERVER'] ?? '{}')
const gamut = createGamut({ authorize: () => true, ...options })

function resources() {
  globalThis.gc?.()
  /** @type {Record<string, number>} */
  const counts = {}
  for (const name of process.getActiveResourcesInfo()) counts[name] = (counts[name] ?? 0) + 1
  return { counts, heap: process.memoryUsage().heapUsed, connections: gamut.connections }
}

const served = await serve(gamut, {
  port: 0,
  otherwise: (_request, response) => {
    response.setHeader('connection', 'close')
    response.end(JSON.stringify(resources()))
  },
})

/** @type {number[]} */
let taken = []

function takeAll() {
  try {
    for (;;) taken.push(openSync('/dev/null', 'r'))
  } catch (error) {
    console.log(`took ${taken.length}: ${error instanceof Error ? error.message : error}`)
  }
}

process.on('SIGUSR2', () => {
  if (taken.length === 0) return takeAll()
  for (const descriptor of taken) closeSync(descriptor)
  taken = []
  console.log('gave back')
})
console.log(`listening at ${served.url}`)
