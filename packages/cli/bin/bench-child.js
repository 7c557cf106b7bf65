// The other processes of `gamut bench`: the server that is measured, and its load.
import { childMain } from '../dist/bench/child-main.js'

childMain(process.argv[2])
