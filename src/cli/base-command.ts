import {Command} from '@oclif/core/command'
import type {ArgInput, FlagInput, Input, OutputArgs, OutputFlags, ParserOutput} from '@oclif/core/interfaces'
import {parse as parseArguments} from '@oclif/core/parser'

import {errorAnswer, errorText} from './failure.ts'
import {outputFlags} from './flags.ts'
import {fromParser} from './parse-error.ts'
import {checkOptions, prepareArgs, prepareFlags, settleBare} from './prepare-flags.ts'
import {write} from './streams.ts'
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

/**
 * What every command shares: flags with their variables, one answer on stdout (text, or JSON with a schema), errors in
 * one shape, and an exit code that `run` returns. oclif's own handling of `--json` makes every error exit 1 and dumps
 * its configuration, so none of it is used.
 */
export abstract class BaseCommand extends Command {
  static override baseFlags: FlagInput = outputFlags
  static group: Group = 'CHECK'
  static override examples: Example[] = []
  /** What each exit code means here, beside those that every command shares. */
  static exits: Readonly<Record<number, string>> = {}

  private failure: number | null = null

  /** Runs the command and gives its exit code; whatever goes wrong was told by then. */
  async execute(): Promise<number> {
    const code = await this._run<number | undefined>()
    return this.failure ?? code ?? 0
  }

  abstract override run(): Promise<number>

  /** Nothing of what oclif sets up at the start is needed. */
  protected override async init(): Promise<void> {}

  protected override async parse<
    F extends OutputFlags<FlagInput>,
    B extends OutputFlags<FlagInput>,
    A extends OutputArgs<ArgInput>,
  >(options?: Input<F, B, A>, argv = this.argv): Promise<ParserOutput<F, B, A>> {
    const given = options ?? (this.ctor as unknown as Input<F, B, A>)
    const flags = {...given.baseFlags, ...given.flags} as FlagInput
    const args = given.args ?? {}
    const prepared = {
      ...given,
      context: this,
      flags: prepareFlags(flags, process.env),
      args: prepareArgs(args),
    } as unknown as Input<F, B, A>
    try {
      // oclif's own method would look for hooks in plugins first, and there are none.
      const parsed = await parseArguments<F, B, A>([...argv], prepared)
      this.parsed = true
      settleBare(flags, parsed.flags)
      checkOptions({flags, args}, parsed)
      return parsed
    } catch (error) {
      throw fromParser(error, {command: this.ctor.id, flags})
    }
  }

  protected get json(): boolean {
    return jsonWanted(this.argv)
  }

  protected get prompting(): boolean {
    if (this.json || this.argv.includes('--no-input') || truthy(process.env['MESHCTL_NO_INPUT'])) return false
    return interactive({input: process.stdin, output: process.stderr, env: process.env})
  }

  protected style(stream: 'stdout' | 'stderr' = 'stdout'): Style {
    return styleOf(process[stream], process.env, colourRefused(this.argv))
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
    return jsonText(schema, this.config.version, result)
  }

  /** Narration: on stderr, silent with --quiet and --json. */
  protected narrate(kind: Mark, message: string): void {
    this.aside(`${mark(kind, this.style('stderr'))} ${message}\n`)
  }

  /** What goes with the answer for a person, on stderr; silent as the narration is. */
  protected aside(text: string): void {
    if (this.json || this.argv.includes('--quiet') || this.argv.includes('-q')) return
    process.stderr.write(text)
  }

  /** How far work has come, as narration: silent with --quiet and --json. */
  protected async progress(): Promise<Progress> {
    const {plainProgress, silent, terminalProgress} = await import('../terminal/progress.ts')
    if (this.json || this.argv.includes('--quiet') || this.argv.includes('-q')) return silent
    const {stderr, env} = process
    return stderr.isTTY && stderr.columns > 20 && env['TERM'] !== 'dumb'
      ? await terminalProgress()
      : plainProgress(text => stderr.write(text), this.style('stderr'))
  }

  override async catch(error: unknown): Promise<void> {
    this.parsed = true // else oclif warns that a command whose parsing failed did not parse
    this.failure = errorAnswer(error).exit
    await tell(error, {argv: this.argv, version: this.config.version})
  }

  override toErrorJson(error: unknown): unknown {
    return {schema: 'meshctl/error/v1', meshctl: this.config.version, error: errorAnswer(error)}
  }
}

/** A command as the registry holds it: the statics of the base, and not abstract. */
export type CommandClass = Omit<typeof BaseCommand, 'prototype'> &
  (new (...args: ConstructorParameters<typeof Command>) => BaseCommand)

export function jsonText(schema: string, version: string, result: unknown): string {
  return `${JSON.stringify({schema: `meshctl/${schema}/v1`, meshctl: version, ...(result as object)}, null, 2)}\n`
}

/** Tells what went wrong: JSON on stdout where JSON was asked for, else text on stderr. */
export async function tell(
  error: unknown,
  {argv, version}: {argv: readonly string[]; version: string},
): Promise<void> {
  if (jsonWanted(argv)) await write('stdout', jsonText('error', version, {error: errorAnswer(error)}))
  if (!jsonWanted(argv) || errorAnswer(error).code === 'bug') {
    await write('stderr', errorText(error, styleOf(process.stderr, process.env, colourRefused(argv))))
  }
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

function truthy(value: string | undefined): boolean {
  return value !== undefined && ['1', 'true', 'yes', 'y'].includes(value.toLowerCase())
}
