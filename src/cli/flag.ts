/** What a command takes, as data: the parser, help, completion and docs read it. */
interface CommonFlag {
  readonly summary: string
  /** Its one letter: `-n`. */
  readonly char?: string
  /** The heading in help under which it stands; FLAGS where left out. */
  readonly helpGroup?: string
  /** Flags that have to be given with it. */
  readonly dependsOn?: readonly string[]
  /** Flags that cannot be given with it. */
  readonly exclusive?: readonly string[]
}

/** One without a value. */
export interface BooleanFlag extends CommonFlag {
  readonly type: 'boolean'
}

export interface OptionFlag extends CommonFlag {
  readonly type: 'option'
  /** What stands for the value in help: `PATH`. */
  readonly helpValue?: string
  /** The values it may have; any where left out. */
  readonly options?: readonly string[]
  readonly default?: string
  readonly required?: boolean
  /** Whether it may be given several times, with a value each. */
  readonly multiple?: boolean
}

export type Flag = BooleanFlag | OptionFlag
export type Flags = Readonly<Record<string, Flag>>

/** A word that is no flag; only the last one can be multiple. */
export interface Arg {
  readonly description: string
  readonly options?: readonly string[]
  readonly required?: boolean
  readonly multiple?: boolean
}

export type Args = Readonly<Record<string, Arg>>

type OptionValue<One> = One extends {readonly multiple: true}
  ? readonly string[] | (One extends {readonly required: true} ? never : undefined)
  : string | (One extends {readonly required: true} | {readonly default: string} ? never : undefined)

export type FlagValues<All extends Flags> = {
  readonly [Name in keyof All]: All[Name] extends BooleanFlag ? boolean : OptionValue<All[Name]>
}

export type ArgValues<All extends Args> = {readonly [Name in keyof All]: OptionValue<All[Name]>}

export function boolean(flag: Omit<BooleanFlag, 'type'>): BooleanFlag {
  return {...flag, type: 'boolean'}
}

export function string<const Given extends Omit<OptionFlag, 'type'>>(
  flag: Given,
): Given & {readonly type: 'option'} {
  return {...flag, type: 'option'}
}

export function text<const Given extends Arg>(arg: Given): Given {
  return arg
}
