import type { Command } from './command.js'
import { type Option, toFlag, toVariable } from './option.js'
import type { Terminal } from './terminal.js'
import { wrap } from './wrap.js'

/** Help is written for a terminal of this width. */
const width = 80
const indent = '  '

/** Rows of a name and its explanation, the explanations aligned. */
export function formatRows(
  rows: readonly (readonly [name: string, text: string])[],
  paint: (name: string) => string = (name) => name,
): readonly string[] {
  const column = Math.max(...rows.map(([name]) => name.length)) + 2
  return rows.flatMap(([name, text]) =>
    wrap(text, width - indent.length - column).map((line, index) =>
      index === 0
        ? `${indent}${paint(name)}${' '.repeat(column - name.length)}${line}`
        : `${indent}${' '.repeat(column)}${line}`,
    ),
  )
}

function optionName(name: string, { short, kind, placeholder }: Option): string {
  const flag = `${short ? `-${short}, ` : ''}${toFlag(name)}`
  return kind === 'flag' ? flag : `${flag} ${placeholder ?? 'VALUE'}`
}

function optionText(option: Option): string {
  return option.default === undefined ? option.help : `${option.help} [${option.default}]`
}

function optionLines(command: Command, terminal: Terminal): readonly string[] {
  const groups = new Map<string, (readonly [string, string])[]>()
  for (const [name, option] of Object.entries(command.options)) {
    const group = option.group ?? 'Options'
    groups.set(group, [...(groups.get(group) ?? []), [optionName(name, option), optionText(option)]])
  }
  return [...groups].flatMap(([group, rows]) => [
    '',
    terminal.paint('bold', group),
    ...formatRows(rows, (name) => terminal.paint('cyan', name)),
  ])
}

function exampleLines(command: Command, terminal: Terminal): readonly string[] {
  return command.examples.flatMap(({ says, line }) => [
    '',
    `${indent}${terminal.paint('dim', `# ${says}`)}`,
    `${indent}${line}`,
  ])
}

/** The help of one command. */
export function commandHelp(command: Command, terminal: Terminal): string {
  const variables = Object.entries(command.options).filter(([, option]) => option.env)
  const example = variables[0]?.[0]
  return [
    `${terminal.paint('bold', `gamut ${command.name}`)} ${command.usage}`,
    ...command.about.flatMap((paragraph) => ['', ...wrap(paragraph, width)]),
    ...optionLines(command, terminal),
    ...(example === undefined || variables.length > 5
      ? []
      : [
          '',
          ...wrap(`Also by environment: ${variables.map(([name]) => toVariable(name)).join(', ')}.`, width),
        ]),
    '',
    terminal.paint('bold', 'Examples'),
    ...exampleLines(command, terminal).slice(1),
  ].join('\n')
}

/** The help of `gamut` itself. */
export function overview(
  commands: readonly { readonly name: string; readonly summary: string }[],
  version: string,
  terminal: Terminal,
): string {
  const rows = commands.map(({ name, summary }) => [name, summary] as const)
  return [
    `${terminal.paint('bold', 'gamut')} ${version}`,
    '',
    ...wrap(
      'One channel, one log, one cursor: publish to a URL, and read the same URL by polling, long polling, Server-Sent Events, HTTP streaming or WebSocket.',
      width,
    ),
    '',
    terminal.paint('bold', 'Commands'),
    ...formatRows(rows, (name) => terminal.paint('cyan', name)),
    '',
    terminal.paint('bold', 'Begin with'),
    `${indent}gamut serve`,
    `${indent}gamut tail hello --transport all`,
    `${indent}gamut publish hello '{"text":"hi"}'`,
    '',
    '"gamut help COMMAND" tells all about a command, "gamut --version" the version.',
  ].join('\n')
}
