import {parseArgs} from 'node:util'

import {MeshctlError} from './error.ts'
import type {Args, ArgValues, Flag, Flags, FlagValues} from './flag.ts'
import {didYouMean} from './suggest.ts'
import {truthy, variableOf} from './variables.ts'
import type {Environment} from '../terminal/style.ts'

/** What a command takes, and its name for the help that errors point to: `vet explain`. */
export interface Grammar<F extends Flags, A extends Args> {
  readonly command: string
  readonly flags: F
  readonly args: A
}

export interface Parsed<F extends Flags, A extends Args> {
  readonly flags: FlagValues<F>
  readonly args: ArgValues<A>
}

/** What was typed, before anything is checked beyond a flag's name and form. */
interface Typed {
  /** The values by flag; none for one that takes none. */
  readonly flags: ReadonlyMap<string, readonly string[]>
  readonly words: readonly string[]
}

type Values = Readonly<Record<string, string | boolean | readonly string[] | undefined>>

/**
 * The values of a command's flags and arguments. A flag can be given by its variable too, which what is typed beats.
 * Throws a `MeshctlError` for whatever does not fit.
 */
export function parseCommandLine<F extends Flags, A extends Args>(
  argv: readonly string[],
  {command, flags, args}: Grammar<F, A>,
  env: Environment,
): Parsed<F, A> {
  const next = [`meshctl ${command === '' ? '' : `${command} `}--help`]
  const typed = read(argv, flags, next)
  const given = {...fromVariables(flags, env), ...fromTyped(flags, typed.flags)}
  const values = {flags: {...defaults(flags), ...given}, args: assignWords(args, typed.words, next)}
  refuseMissing({flags, args}, values, next)
  refuseRelations(flags, given, next)
  for (const [name, flag] of Object.entries(flags))
    if (flag.type === 'option') checkOptions(`--${name}`, values.flags[name], flag.options)
  for (const [name, arg] of Object.entries(args))
    checkOptions(name.toUpperCase(), values.args[name], arg.options)
  return values as Parsed<F, A>
}

// --- what was typed --------------------------------------------------------------------------

function read(argv: readonly string[], flags: Flags, next: readonly string[]): Typed {
  const given = new Map<string, string[]>()
  const words: string[] = []
  const {tokens} = parseArgs({
    args: [...argv],
    options: optionsOf(flags),
    // Its own errors have what is wrong in their prose only.
    strict: false,
    allowPositionals: true,
    tokens: true,
  })
  for (const token of tokens) {
    if (token.kind === 'positional') words.push(token.value)
    if (token.kind !== 'option') continue
    const {name, rawName, value, inlineValue} = token
    const flag = Object.hasOwn(flags, name) ? flags[name] : undefined
    if (flag === undefined) throw unknownFlag(rawName, flags, next)
    const values = given.get(name) ?? []
    given.set(name, values)
    if (flag.type === 'boolean') {
      if (value !== undefined) throw usage(`--${name} takes no value, and has ${value}.`, next)
    } else if (value === undefined || (!inlineValue && namesFlag(value, flags))) {
      throw usage(`--${name} needs a value.`, next)
    } else {
      values.push(value)
      if (values.length > 1 && flag.multiple !== true) throw usage(`--${name} can be given only once.`, next)
    }
  }
  return {flags: given, words}
}

function optionsOf(flags: Flags): Record<string, {type: 'boolean' | 'string'; short?: string}> {
  return Object.fromEntries(
    Object.entries(flags).map(([name, {type, char}]) => [
      name,
      {type: type === 'boolean' ? 'boolean' : 'string', ...(char !== undefined && {short: char})},
    ]),
  )
}

/** A value may begin with a dash; one that is itself a flag was meant as that. */
function namesFlag(word: string, flags: Flags): boolean {
  return Object.entries(flags).some(
    ([name, {char}]) =>
      word === `--${name}` || word.startsWith(`--${name}=`) || (char !== undefined && word === `-${char}`),
  )
}

// --- values ----------------------------------------------------------------------------------

function fromTyped(flags: Flags, typed: Typed['flags']): Values {
  return Object.fromEntries([...typed].map(([name, values]) => [name, valueOf(flags[name], values)] as const))
}

function valueOf(flag: Flag | undefined, values: readonly string[]): Values[string] {
  if (flag?.type !== 'option') return true
  return flag.multiple === true ? values : values[0]
}

function fromVariables(flags: Flags, env: Environment): Values {
  const found = Object.entries(flags).flatMap(([name, flag]): readonly [string, Values[string]][] => {
    const value = env[variableOf(name)] ?? ''
    if (value === '') return []
    if (flag.type === 'boolean') return truthy(value) ? [[name, true]] : []
    return [[name, flag.multiple === true ? value.split(',').map(one => one.trim()) : value]]
  })
  return Object.fromEntries(found)
}

function defaults(flags: Flags): Values {
  return Object.fromEntries(
    Object.entries(flags).map(([name, flag]) => [name, flag.type === 'boolean' ? false : flag.default]),
  )
}

function assignWords(args: Args, words: readonly string[], next: readonly string[]): Values {
  const names = Object.entries(args)
  const assigned = names.map(([name, {multiple}], index): readonly [string, Values[string]] => {
    if (multiple !== true) return [name, words[index]]
    const rest = words.slice(index)
    return [name, rest.length === 0 ? undefined : rest]
  })
  const open = names.at(-1)?.[1].multiple === true
  const extra = open ? [] : words.slice(names.length)
  if (extra.length > 0) throw usage(`Unexpected: ${extra.join(' ')}.`, next, {found: extra.join(' ')})
  return Object.fromEntries(assigned)
}

// --- what does not fit -----------------------------------------------------------------------

function refuseMissing(
  {flags, args}: {readonly flags: Flags; readonly args: Args},
  given: {readonly flags: Values; readonly args: Values},
  next: readonly string[],
): void {
  const missing = [
    ...Object.entries(args)
      .filter(([name, {required}]) => required === true && given.args[name] === undefined)
      .map(([name]) => name.toUpperCase()),
    ...Object.entries(flags)
      .filter(
        ([name, flag]) => flag.type === 'option' && flag.required === true && given.flags[name] === undefined,
      )
      .map(([name]) => `--${name}`),
  ]
  if (missing.length > 0) throw usage(`Missing: ${missing.join(', ')}.`, next, {validOptions: missing})
}

/** Flags that need others, or cannot go with them; a default counts for neither. */
function refuseRelations(flags: Flags, given: Values, next: readonly string[]): void {
  for (const [name, {dependsOn = [], exclusive = []}] of Object.entries(flags)) {
    if (given[name] === undefined) continue
    const missing = dependsOn.filter(other => given[other] === undefined)
    if (missing.length > 0) throw usage(`--${name} needs ${namesOf(missing)} too.`, next)
    const clashing = exclusive.filter(other => given[other] !== undefined)
    if (clashing.length > 0) throw usage(`--${name} cannot go with ${namesOf(clashing)}.`, next)
  }
}

function namesOf(flags: readonly string[]): string {
  return flags.map(name => `--${name}`).join(' or ')
}

function checkOptions(what: string, given: Values[string], options: readonly string[] | undefined): void {
  if (options === undefined) return
  for (const value of [given].flat())
    if (typeof value === 'string' && !options.includes(value)) throw invalidOption(what, value, options)
}

export function invalidOption(what: string, found: string, options: readonly string[]): MeshctlError {
  return new MeshctlError('invalid-value', `${what} cannot be ${found}${didYouMean(found, options)}`, {
    try: [`Use one of: ${options.join(', ')}.`],
    found,
    validOptions: options,
  })
}

function unknownFlag(found: string, flags: Flags, next: readonly string[]): MeshctlError {
  const known = Object.keys(flags).map(name => `--${name}`)
  return new MeshctlError('unknown-flag', `There is no flag ${found}${didYouMean(found, known)}`, {
    try: next,
    found,
    validOptions: known,
  })
}

function usage(
  message: string,
  next: readonly string[],
  details: {readonly found?: string; readonly validOptions?: readonly string[]} = {},
): MeshctlError {
  return new MeshctlError('usage', message, {try: next, ...details})
}
