import { runWorker } from '../dist/worker.js'

runWorker()
