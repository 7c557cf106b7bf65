import { closeSync, openSync, writeFileSync } from 'node:fs'
import { AdviceError, type Need, type Pattern, patterns } from '@gamut/advisor'
import { calibrate } from '../bench/calibrate.js'
import { type Measured, measureNeed } from '../bench/measure.js'
import { measuredTable } from '../bench/measured-table.js'
import type { Command, CommandInput } from '../command.js'
import { Failure, textOf, usageFailure } from '../failure.js'
import { calibrationOption, givenCalibration } from '../given-calibration.js'
import { readFields } from '../need-input.js'
import { flagOption, type GivenOptions, type OptionTable, textOption } from '../option.js'
import { didYouMean } from '../suggest.js'

const options: OptionTable = {
  calibrate: {
    kind: 'flag',
    help: 'measure what things cost here, as the data that advise and plan take with --calibration',
  },
  pattern: { kind: 'list', placeholder: 'P', help: 'only by these patterns', default: 'all five' },
  seconds: { kind: 'number', placeholder: 'N', help: 'how long each measurement lasts', default: '4' },
  calibration: calibrationOption,
  out: { kind: 'text', placeholder: 'FILE', help: 'write the calibration there' },
  json: { kind: 'flag', help: 'print the figures as JSON' },
}

/** Most readers that one machine is asked to be server and readers for. */
const mostReaders = 8000
const example = 'a need like {"readers":500,"updatesPerSecond":2}'

function givenPatterns(given: GivenOptions): readonly Pattern[] {
  const names = given.get('pattern')?.value as readonly string[] | undefined
  for (const name of names ?? [])
    if (!patterns.some((pattern) => pattern === name))
      throw usageFailure(
        `--pattern: there is no "${name}".${didYouMean(name, patterns)} There are ${patterns.join(', ')}.`,
      )
  return patterns.filter((pattern) => !names || names.includes(pattern))
}

function openForWriting(file: string): number {
  try {
    return openSync(file, 'a')
  } catch (error) {
    throw usageFailure(`--out: ${file} cannot be written: ${textOf(error)}.`)
  }
}

async function runCalibration({ options: given, terminal }: CommandInput, seconds: number): Promise<number> {
  const out = textOption(given, 'out')
  // What cannot be written is to be known before the minutes that it takes.
  if (out !== undefined) closeSync(openForWriting(out))
  terminal.note('Measuring this machine; leave it alone for about three minutes.')
  const calibration = await calibrate(seconds, (step) => terminal.note(`  ${step}`))
  const json = JSON.stringify(calibration, null, 2)
  if (out === undefined) terminal.print(json)
  else {
    writeFileSync(out, `${json}\n`)
    terminal.note(`Written to ${out}: gamut advise --calibration ${out}`)
  }
  return 0
}

async function run(input: CommandInput): Promise<number> {
  const { options: given, positionals, terminal } = input
  if (positionals.length) throw usageFailure(`"${positionals[0]}" is no argument of this command.`)
  const seconds = Number(given.get('seconds')?.value ?? 4)
  if (seconds < 1) throw usageFailure('--seconds: at least 1 is needed.')
  if (flagOption(given, 'calibrate')) return runCalibration(input, seconds)
  const [chosen, calibration] = [givenPatterns(given), givenCalibration(given)]
  const need: Need = process.stdin.isTTY ? {} : await readFields(example)
  if ((need.readers ?? 0) > mostReaders)
    throw new Failure(`One machine is server and readers at once here: at most ${mostReaders} readers.`)
  const measured: Measured[] = []
  for (const pattern of chosen) {
    terminal.note(`measuring ${pattern}`)
    try {
      measured.push(await measureNeed({ readers: 500, ...need }, pattern, seconds, calibration))
    } catch (error) {
      if (error instanceof AdviceError) throw usageFailure(error.message)
      throw error
    }
  }
  terminal.print(flagOption(given, 'json') ? JSON.stringify(measured) : measuredTable(measured))
  return 0
}

/** `gamut bench`. */
export const benchCommand: Command = {
  name: 'bench',
  usage: '[options] < need.json',
  about: [
    'Measures a need on this machine: a server in a process of its own, its readers in another one, by each pattern; and puts what the model of gamut advise predicts beside it.',
    'With --calibrate it measures what the model is made of: the CPU of a request, of a delivery and of a handshake, the memory of a connection, the bytes of heads and frames.',
  ],
  options,
  examples: [
    {
      says: 'one need by two patterns',
      line: `echo '{"readers":1000,"updatesPerSecond":2}' | gamut bench --pattern sse,poll`,
    },
    { says: 'the figures of this machine', line: 'gamut bench --calibrate --out here.json' },
  ],
  run,
}
