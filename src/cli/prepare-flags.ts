import type {ArgInput, FlagInput} from '@oclif/core/interfaces'

import {MeshctlError} from './error.ts'
import {variableOf} from './flags.ts'
import {didYouMean} from './suggest.ts'
import type {Environment} from '../terminal/style.ts'

/**
 * The flags as oclif's parser gets them. Each may be given by its variable too (oclif makes one value of a list's
 * variable, so lists are split here). `options` are checked afterwards: oclif's own error for a wrong one has the
 * value only in its prose.
 */
export function prepareFlags(flags: FlagInput, env: Environment): FlagInput {
  return Object.fromEntries(
    Object.entries(flags).map(([name, flag]): [string, FlagInput[string]] => {
      const variable = variableOf(name)
      if (flag.type === 'boolean') return [name, {...flag, env: variable}]
      const {options: _checkedLater, ...rest} = flag
      if (!flag.multiple) return [name, {...rest, env: variable}]
      const given = env[variable] ?? ''
      return [name, given === '' ? rest : {...rest, default: given.split(',').map(value => value.trim())}]
    }),
  )
}

/** oclif leaves a bare flag that was not given undefined, though its type says boolean. */
export function settleBare(flags: FlagInput, values: Record<string, unknown>): void {
  for (const [name, flag] of Object.entries(flags)) if (flag.type === 'boolean') values[name] ??= false
}

/** Arguments never come from stdin on their own: a file named `-` does. */
export function prepareArgs(args: ArgInput): ArgInput {
  return Object.fromEntries(
    Object.entries(args).map(([name, {options: _checkedLater, ...rest}]) => [
      name,
      {...rest, ignoreStdin: true},
    ]),
  )
}

type Values = Readonly<Record<string, unknown>>

/** Throws for a value that is not among its flag's or argument's options. */
export function checkOptions(
  {flags, args}: {flags: FlagInput; args: ArgInput},
  given: {flags: Values; args: Values},
): void {
  for (const [name, flag] of Object.entries(flags)) {
    if (flag.type === 'option') checkOne(`--${name}`, given.flags[name], flag.options)
  }
  for (const [name, arg] of Object.entries(args)) checkOne(name.toUpperCase(), given.args[name], arg.options)
}

function checkOne(what: string, given: unknown, options: readonly string[] | undefined): void {
  if (options === undefined) return
  for (const value of Array.isArray(given) ? (given as readonly unknown[]) : [given]) {
    if (typeof value === 'string' && !options.includes(value)) throw invalidOption(what, value, options)
  }
}

export function invalidOption(what: string, found: string, options: readonly string[]): MeshctlError {
  return new MeshctlError('invalid-value', `${what} cannot be ${found}${didYouMean(found, options)}`, {
    try: [`Use one of: ${options.join(', ')}.`],
    found,
    validOptions: options,
  })
}
