import type {CommandClass, Group} from './base-command.ts'
import type {Flag} from './flag.ts'
import {outputFlags} from './flags.ts'
import {variableOf} from './variables.ts'
import type {Style} from '../terminal/style.ts'
import {wrap} from '../terminal/wrap.ts'

/** A flag as help, completion and the docs need it. */
export interface FlagHelp {
  readonly name: string
  readonly char: string | null
  /** `PATH`, `walk|run|jetpack`; null for a flag without a value. */
  readonly value: string | null
  readonly summary: string
  readonly group: string
  readonly options: readonly string[]
}

export interface ArgHelp {
  readonly name: string
  readonly required: boolean
  readonly multiple: boolean
  readonly summary: string
  readonly options: readonly string[]
}

/** What the exit codes mean; printed by every command, with its own words where it has any. */
export const exitMeanings: Readonly<Record<number, string>> = {
  0: 'done, or nothing found',
  1: 'the answer is no',
  2: 'usage, or input that cannot be read',
  3: 'environment: no cluster, or not allowed',
  4: 'stopped part-way; the ledger says where',
  5: 'refused: a precondition does not hold, or no consent',
  70: 'a bug in meshctl',
  130: 'interrupted (143: terminated)',
}

const groups: readonly Group[] = ['ADOPT', 'CHECK', 'UNDERSTAND', 'UNDO']

export function flagsOf(command: CommandClass): readonly FlagHelp[] {
  return Object.entries<Flag>({...command.flags, ...outputFlags}).map(([name, flag]) => ({
    name,
    char: flag.char ?? null,
    value: flag.type === 'option' ? (flag.helpValue ?? flag.options?.join('|') ?? 'VALUE') : null,
    summary: flag.summary,
    group: flag.helpGroup ?? 'FLAGS',
    options: flag.type === 'option' ? (flag.options ?? []) : [],
  }))
}

export function argsOf(command: CommandClass): readonly ArgHelp[] {
  return Object.entries(command.args).map(([name, arg]) => ({
    name,
    required: arg.required === true,
    multiple: arg.multiple === true,
    summary: arg.description,
    options: arg.options ?? [],
  }))
}

/** `meshctl adopt [CAPABILITY] [FLAGS]` */
export function usageOf(id: string, command: CommandClass): string {
  const args = argsOf(command).map(arg => {
    const name = `${arg.name.toUpperCase()}${arg.multiple ? '…' : ''}`
    return arg.required ? name : `[${name}]`
  })
  return ['meshctl', ...(id === '' ? [] : [id]), ...args, '[FLAGS]'].join(' ')
}

export function commandHelp(id: string, command: CommandClass, style: Style): string {
  const flags = flagsOf(command)
  const flagGroups = ['FLAGS', 'CLUSTER', 'ANSWERS', 'INPUT', 'OUTPUT'].filter(name =>
    flags.some(flag => flag.group === name),
  )
  return sections(style, [
    [
      null,
      [
        command.summary,
        ...(command.description === null ? [] : ['', wrap(command.description, style.width)]),
      ],
    ],
    ['USAGE', [`  ${usageOf(id, command)}`]],
    [
      'ARGUMENTS',
      table(
        argsOf(command).map(arg => [arg.name.toUpperCase(), withOptions(arg.summary, arg.options)]),
        style,
      ),
    ],
    ...flagGroups.map(
      group =>
        [
          group,
          flagLines(
            flags.filter(flag => flag.group === group),
            style,
          ),
        ] as const,
    ),
    [
      'EXAMPLES',
      command.examples.flatMap(example => [`  ${example.description}:`, `    $ ${example.command}`]),
    ],
    ['EXIT CODES', exitLines(command, style)],
    [null, [`Every flag can be given by a variable: --istio-version is ${variableOf('istio-version')}.`]],
  ])
}

export function rootHelp(commands: ReadonlyMap<string, CommandClass>, version: string, style: Style): string {
  return sections(style, [
    [
      null,
      [
        wrap(
          `meshctl ${version}: adopt a service mesh in small pieces, one capability at a time, each step proven safe before it is taken.`,
          style.width,
        ),
      ],
    ],
    [
      'USAGE',
      ['  meshctl COMMAND [FLAGS]', '  meshctl                  where you stand, and the next sensible step'],
    ],
    ...groups.map(group => {
      const members = [...commands].filter(([, command]) => command.group === group && !command.hidden)
      return [
        group,
        table(
          members.map(([id, command]) => [id, command.summary]),
          style,
        ),
      ] as const
    }),
    [
      'START HERE',
      [
        '  meshctl status --from DIR',
        '  meshctl adopt mtls --from DIR --dry-run',
        '  meshctl COMMAND --help',
      ],
    ],
    ['EXIT CODES', table(Object.entries(exitMeanings), style)],
  ])
}

type Section = readonly [title: string | null, lines: readonly string[]]

function sections(style: Style, all: readonly Section[]): string {
  const shown = all.filter(([, lines]) => lines.length > 0)
  const texts = shown.map(([title, lines]) =>
    [...(title === null ? [] : [style.paint.bold(title)]), ...lines].join('\n'),
  )
  return `${texts.join('\n\n')}\n`
}

function flagLines(flags: readonly FlagHelp[], style: Style): readonly string[] {
  const rows = flags.map(flag => {
    const short = flag.char === null ? '    ' : `-${flag.char}, `
    return [`${short}--${flag.name}${flag.value === null ? '' : `=${flag.value}`}`, flag.summary] as const
  })
  return table(rows, style)
}

function exitLines(command: CommandClass, style: Style): readonly string[] {
  const own = Object.entries(command.exits)
  const rows = Object.entries(exitMeanings).filter(([code]) => !own.some(([mine]) => mine === code))
  const kept = rows.filter(([code]) => ['0', '2', '70', '130'].includes(code))
  return table(
    [...own, ...kept].sort(([a], [b]) => Number(a) - Number(b)),
    style,
  )
}

function withOptions(summary: string, options: readonly string[]): string {
  return options.length === 0 ? summary : `${summary} (${options.join(', ')})`
}

/** Two columns; a left cell that is too wide stands on a line of its own. */
function table(rows: readonly (readonly [string, string])[], style: Style): readonly string[] {
  const widest = Math.min(28, Math.max(0, ...rows.map(([left]) => left.length)))
  return rows.flatMap(([left, right]) => {
    const lines = wrap(right, Math.max(style.width, 60) - widest - 4).split('\n')
    const first = left.length > widest ? [`  ${left}`] : []
    const [head = '', ...rest] = lines
    const start = `  ${(first.length > 0 ? '' : left).padEnd(widest)}  ${head}`
    return [...first, start.trimEnd(), ...rest.map(line => ' '.repeat(widest + 4) + line)]
  })
}
