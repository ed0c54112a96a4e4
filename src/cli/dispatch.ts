import {tell} from './base-command.ts'
import type {CommandClass} from './base-command.ts'
import {MeshctlError} from './error.ts'
import {errorAnswer} from './failure.ts'
import {inputFlags, outputFlags} from './flags.ts'
import {screenOf, write} from './streams.ts'
import {closest} from './suggest.ts'
import {styleOf} from '../terminal/style.ts'
import {commands} from '../commands/registry.ts'

/** How meshctl was called; the folder of the package holds schemas/ and templates/. */
export interface Call {
  readonly argv: readonly string[]
  readonly root: string
  readonly version: string
}

/** Finds the command that the arguments name, runs it, and gives the exit code. */
export async function dispatch({argv, root, version}: Call): Promise<number> {
  try {
    const {id, rest} = find(argv)
    if (id === 'help' || asksForHelp(rest)) return await help(id === 'help' ? rest : [id], version)
    const load = commands[id]
    if (load === undefined) throw unknownCommand(id)
    const command = await load()
    return await new command({id, argv: rest, root, version}).run()
  } catch (error) {
    await tell(error, {argv, version})
    return errorAnswer(error).exit
  }
}

/** The longest run of words that names a command; flags before it belong to it. Without one, the home screen. */
function find(argv: readonly string[]): {readonly id: string; readonly rest: readonly string[]} {
  const start = leadingFlags(argv)
  if (start === null) return {id: '', rest: argv}
  const [first, second] = argv.slice(start)
  if (first === undefined || first.startsWith('-')) return {id: '', rest: argv}
  const flags = argv.slice(0, start)
  const both = `${first} ${second ?? ''}`
  if (Object.hasOwn(commands, both)) return {id: both, rest: [...flags, ...argv.slice(start + 2)]}
  return {id: first, rest: [...flags, ...argv.slice(start + 1)]}
}

/** How many arguments at the start are flags and their values; null where one of them is no flag that all have. */
function leadingFlags(argv: readonly string[]): number | null {
  const known: Readonly<Record<string, {readonly type: string; readonly char?: string}>> = {
    ...outputFlags,
    ...inputFlags,
  }
  let index = 0
  while (index < argv.length && argv[index]?.startsWith('-') === true) {
    const [flag = '', value] = argv[index]?.split('=', 2) ?? []
    if (flag === '--help' || flag === '-h') return index
    const found = Object.entries(known).find(
      ([name, {char}]) => flag === `--${name}` || flag === `-${char ?? ''}`,
    )
    if (found === undefined) return null
    index += found[1].type === 'option' && value === undefined ? 2 : 1
  }
  return index
}

function asksForHelp(argv: readonly string[]): boolean {
  const end = argv.indexOf('--')
  return (end === -1 ? argv : argv.slice(0, end)).some(word => word === '--help' || word === '-h')
}

async function help(words: readonly string[], version: string): Promise<number> {
  const {commandHelp, rootHelp} = await import('./help.ts')
  const style = styleOf(screenOf('stdout'), process.env, words.includes('--no-color'))
  const id = words.filter(word => !word.startsWith('-') && word !== '').join(' ')
  const load = commands[id]
  if (id !== '' && load === undefined) throw unknownCommand(id)
  const text =
    load === undefined || id === ''
      ? rootHelp(await all(), version, style)
      : commandHelp(id, await load(), style)
  await write('stdout', text)
  return 0
}

async function all(): Promise<ReadonlyMap<string, CommandClass>> {
  const loaded = await Promise.all(
    Object.entries(commands).map(async ([id, load]) => [id, await load()] as const),
  )
  return new Map(loaded.filter(([id]) => id !== ''))
}

function unknownCommand(found: string): MeshctlError {
  const known = Object.keys(commands).filter(id => id !== '')
  const near = closest(found, known)
  const hint = near === null ? '.' : `. Did you mean ${near}?`
  return new MeshctlError('unknown-command', `There is no command ${found}${hint}`, {
    try: [near === null ? 'meshctl --help' : `meshctl ${near} --help`],
    found,
    validOptions: known,
  })
}
