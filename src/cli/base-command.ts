import {errorAnswer, errorText} from './failure.ts'
import type {Args, Flags} from './flag.ts'
import {outputFlags} from './flags.ts'
import {parseCommandLine} from './parse.ts'
import type {Parsed} from './parse.ts'
import {screenOf, write, writeSoon} from './streams.ts'
import type {StreamName} from './streams.ts'
import {truthy} from './variables.ts'
import {mark} from '../terminal/marks.ts'
import type {Mark} from '../terminal/marks.ts'
import type {Progress} from '../terminal/progress.ts'
import {interactive, styleOf} from '../terminal/style.ts'
import type {Style} from '../terminal/style.ts'

export type Group = 'ADOPT' | 'CHECK' | 'UNDERSTAND' | 'UNDO'

/** An example is data: help prints it and a test runs it, with the Bookinfo manifests in `bookinfo/`. */
export interface Example {
  readonly description: string
  readonly command: string
  /** The exit code it ends with; 0 where left out. */
  readonly exit?: number
}

/** A result, how a person reads it, and what the exit code says of it. */
export interface Answer<Result> {
  /** The name of its schema: `status` is `meshctl/status/v1`. */
  readonly schema: string
  readonly result: Result
  readonly text: (result: Result, style: Style) => string
  readonly exit?: number
}

/** An answer that is a list; `rest` is what stands beside it in JSON. */
export interface Listing<Item> {
  readonly schema: string
  readonly list: string
  readonly items: Iterable<Item>
  readonly line: (item: Item, style: Style) => string
  readonly rest: Readonly<Record<string, unknown>>
}

/** A command as it was called. */
export interface CommandCall {
  /** `vet explain` */
  readonly id: string
  /** What stands behind the command's name. */
  readonly argv: readonly string[]
  /** The folder of the package. */
  readonly root: string
  readonly version: string
}

/**
 * What every command shares: flags with their variables, one answer on stdout (text, or JSON with a schema), and an
 * exit code that `run` returns.
 */
export abstract class BaseCommand {
  static summary = ''
  static description: string | null = null
  static group: Group = 'CHECK'
  static hidden = false
  static args: Args = {}
  static flags: Flags = {}
  static examples: readonly Example[] = []
  /** What each exit code means here, beside those that every command shares. */
  static exits: Readonly<Record<number, string>> = {}

  protected readonly id: string
  protected readonly argv: readonly string[]
  protected readonly root: string
  protected readonly version: string

  constructor({id, argv, root, version}: CommandCall) {
    this.id = id
    this.argv = argv
    this.root = root
    this.version = version
  }

  /** Does what the command is for, and gives its exit code. */
  abstract run(): Promise<number>

  protected parse<F extends Flags, A extends Args>({
    flags,
    args,
  }: {
    readonly flags: F
    readonly args: A
  }): Parsed<F & typeof outputFlags, A> {
    const all = {...flags, ...outputFlags}
    return parseCommandLine(this.argv, {command: this.id, flags: all, args}, process.env)
  }

  protected get json(): boolean {
    return jsonWanted(this.argv)
  }

  protected get prompting(): boolean {
    if (this.json || this.argv.includes('--no-input') || truthy(process.env['MESHCTL_NO_INPUT'])) return false
    return interactive({input: process.stdin, output: process.stderr, env: process.env})
  }

  protected style(stream: StreamName = 'stdout'): Style {
    return styleOf(screenOf(stream), process.env, colourRefused(this.argv))
  }

  /** Prints the answer in the form asked for. */
  protected async answer<Result>({schema, result, text, exit = 0}: Answer<Result>): Promise<number> {
    await write('stdout', this.json ? this.jsonOf(schema, result) : text(result, this.style()))
    return exit
  }

  /** An answer that is one long list: written item by item, since it may be larger than memory should hold. */
  protected async stream<Item>({schema, list, items, line, rest}: Listing<Item>): Promise<number> {
    const style = this.style()
    if (!this.json) {
      for (const item of items) await write('stdout', line(item, style))
      return 0
    }
    const head = this.jsonOf(schema, rest).replace(/\n\}\n$/, '')
    await write('stdout', `${head},\n  "${list}": [`)
    let separator = '\n'
    for (const item of items) {
      await write('stdout', `${separator}    ${JSON.stringify(item)}`)
      separator = ',\n'
    }
    await write('stdout', '\n  ]\n}\n')
    return 0
  }

  /** For what is a text in every form: a schema, a script. */
  protected async print(text: string, exit = 0): Promise<number> {
    await write('stdout', text)
    return exit
  }

  protected jsonOf(schema: string, result: unknown): string {
    return jsonText(schema, this.version, result)
  }

  /** Narration: on stderr, silent with --quiet and --json. */
  protected narrate(kind: Mark, message: string): void {
    this.aside(`${mark(kind, this.style('stderr'))} ${message}\n`)
  }

  /** What goes with the answer for a person, on stderr; silent as the narration is. */
  protected aside(text: string): void {
    if (this.json || this.argv.includes('--quiet') || this.argv.includes('-q')) return
    writeSoon('stderr', text)
  }

  /** How far work has come, as narration: silent with --quiet and --json. */
  protected async progress(): Promise<Progress> {
    const {plainProgress, silent, terminalProgress} = await import('../terminal/progress.ts')
    if (this.json || this.argv.includes('--quiet') || this.argv.includes('-q')) return silent
    const {isTTY = false, columns = 0} = screenOf('stderr')
    return isTTY && columns > 20 && process.env['TERM'] !== 'dumb'
      ? await terminalProgress()
      : plainProgress(text => writeSoon('stderr', text), this.style('stderr'))
  }
}

/** A command as the registry holds it: the statics of the base, and not abstract. */
export type CommandClass = Omit<typeof BaseCommand, 'prototype'> & (new (call: CommandCall) => BaseCommand)

export function jsonText(schema: string, version: string, result: unknown): string {
  return `${JSON.stringify({schema: `meshctl/${schema}/v1`, meshctl: version, ...(result as object)}, null, 2)}\n`
}

/** Tells what went wrong: JSON on stdout where JSON was asked for, else (or where stdout takes nothing) text on stderr. */
export async function tell(
  error: unknown,
  {argv, version}: {argv: readonly string[]; version: string},
): Promise<void> {
  const answer = errorAnswer(error)
  const inJson = jsonWanted(argv) && (await told('stdout', jsonText('error', version, {error: answer})))
  if (inJson && answer.code !== 'bug') return
  await told('stderr', errorText(error, styleOf(screenOf('stderr'), process.env, colourRefused(argv))))
}

/** False where the stream takes nothing: the exit code still speaks. */
async function told(stream: StreamName, text: string): Promise<boolean> {
  return await write(stream, text).then(
    () => true,
    () => false,
  )
}

/** Looked up in the arguments themselves, since an error must come in the right form where they did not parse. */
export function jsonWanted(argv: readonly string[]): boolean {
  return before(argv, '--').includes('--json') || truthy(process.env['MESHCTL_JSON'])
}

function colourRefused(argv: readonly string[]): boolean {
  return before(argv, '--').includes('--no-color') || truthy(process.env['MESHCTL_NO_COLOR'])
}

function before(argv: readonly string[], end: string): readonly string[] {
  const index = argv.indexOf(end)
  return index === -1 ? argv : argv.slice(0, index)
}
