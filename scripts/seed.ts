import fc from 'fast-check'

/** `npm test` draws the same examples every time; `npm run test:faults` names others by GAMUT_SEED. */
const seed = Number(process.env['GAMUT_SEED'] ?? 1)

fc.configureGlobal({ seed })
