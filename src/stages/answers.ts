import {MeshctlError} from '../cli/error.ts'
import {formatDuration, parseDuration} from '../mesh/durations.ts'
import type {Answer, Answers} from './stage.ts'

type Declared = Readonly<Record<string, Answer<unknown>>>

/** The values of a stage's answers, each as its declaration types it. */
export type Settled<A extends Declared> = {
  readonly [Key in keyof A]: A[Key] extends Answer<infer Value> ? Value : never
}

/** What was given, with the default for what was not. Values come from `parse`, hence their type is known. */
export function settle<A extends Declared>(declared: A, given: Answers | undefined): Settled<A> {
  const settled = Object.entries(declared).map(([key, answer]) => {
    const value = given !== undefined && Object.hasOwn(given, key) ? given[key] : undefined
    return [key, value === undefined ? answer.default : value]
  })
  return Object.fromEntries(settled) as Settled<A>
}

interface Question<Value> {
  readonly flag: string
  readonly ask: string
  readonly default: Value
}

export function yesNo(question: Question<boolean>): Answer<boolean> {
  return {
    ...question,
    options: ['true', 'false'],
    parse: input => {
      const value = ['true', 'yes', 'y'].includes(input)
        ? true
        : ['false', 'no', 'n'].includes(input)
          ? false
          : null
      return value ?? unfit(question.flag, input, 'yes or no', ['true', 'false'])
    },
    format: String,
  }
}

/** A share of requests above 0 and up to 100 per cent. */
export function percent(question: Question<number>): Answer<number> {
  return {
    ...question,
    parse: input => {
      const value = /^\d+(\.\d+)?(e-\d+)?%?$/i.test(input) ? Number.parseFloat(input) : Number.NaN
      return value > 0 && value <= 100
        ? value
        : unfit(question.flag, input, 'a per cent above 0 and up to 100', ['1', '10', '100'])
    },
    format: String,
  }
}

export function count(question: Question<number>): Answer<number> {
  return {
    ...question,
    parse: input => {
      const value = /^\d{1,9}$/.test(input) ? Number(input) : 0
      return value >= 1
        ? value
        : unfit(question.flag, input, 'a whole number from 1', [String(question.default)])
    },
    format: String,
  }
}

/** A duration as Istio reads it; kept as it was written, since that is what goes into the object. */
export function duration(question: Question<string>): Answer<string> {
  return {
    ...question,
    parse: input => {
      const milliseconds = parseDuration(input)
      // Istio's validation refuses durations below a millisecond (pkg/config/validation ValidateDuration).
      if (milliseconds === null || milliseconds < 1)
        return unfit(question.flag, input, 'a duration of at least 1ms', [question.default, '1m30s'])
      return input
    },
    format: value => value,
  }
}

/** The name of something in the input; empty where meshctl is to find it by itself. */
export function nameOf(question: Question<string>): Answer<string> {
  return {
    ...question,
    parse: input =>
      /^[\w.-]{0,253}$/.test(input)
        ? input
        : unfit(question.flag, input, 'a name of letters, digits, dots and dashes', []),
    format: value => value,
  }
}

export function oneOf<Value extends string>(
  question: Question<Value>,
  options: readonly Value[],
): Answer<Value> {
  return {
    ...question,
    options,
    parse: input =>
      options.find(option => option === input) ??
      unfit(question.flag, input, `one of ${options.join(', ')}`, options),
    format: value => value,
  }
}

/** A duration for people to read, shortest form. */
export function readable(written: string): string {
  const milliseconds = parseDuration(written)
  return milliseconds === null ? written : formatDuration(milliseconds)
}

function unfit(flag: string, found: string, wanted: string, validOptions: readonly string[]): never {
  const example = validOptions[0] ?? 'NAME'
  throw new MeshctlError('invalid-value', `--${flag} takes ${wanted}, not "${found}"`, {
    found,
    validOptions,
    try: [`--${flag} ${example}`],
  })
}
