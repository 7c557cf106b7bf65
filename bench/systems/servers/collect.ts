// Loaded before a measured server: collects its garbage when it is told to, so that memory is compared fairly.
const collect: unknown = Reflect.get(globalThis, 'gc')
// What a process gives back when memory is short: the pages of the young generation too, which say how busy it was.
const thorough = { type: 'major', execution: 'sync', flavor: 'last-resort' }

process.on('SIGUSR2', () => {
  if (typeof collect !== 'function') return
  for (let round = 0; round < 3; round++) collect(thorough)
})
if (process.env['BENCH_CPU_PROFILE']) process.on('SIGTERM', () => process.exit(0))
