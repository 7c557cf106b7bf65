// Loaded before a measured server: collects its garbage when it is told to, so that memory is compared fairly.
import { collectGarbage } from '../../measure/collect.ts'

process.on('SIGUSR2', collectGarbage)
if (process.env['BENCH_CPU_PROFILE']) process.on('SIGTERM', () => process.exit(0))
