import type {Change} from '../changes/change-set.ts'
import type {Gap, Version} from '../mesh/mesh.ts'
import type {Json, ObjectId} from '../objects/object.ts'
import type {Severity} from './rule.ts'

export type {Severity}

/** A place in a source, positions from 1; `line` is null where the object came from no file. */
export interface Spot {
  readonly file: string | null
  readonly line: number | null
  readonly column: number | null
  readonly endLine: number | null
  readonly endColumn: number | null
}

/** A fact with its place, so that a reader can go and look. */
export interface Evidence extends Spot {
  readonly text: string
  readonly object: ObjectId | null
  readonly path: string
}

/** One step of a fix, as data: what is set or removed where, or which object is new or gone. */
export interface Edit {
  readonly action: 'set' | 'remove' | 'create' | 'delete'
  readonly object: ObjectId
  readonly path: string
  readonly value: Json
}

export interface Fix {
  readonly kind: 'safe' | 'unsafe' | 'hint'
  readonly description: string
  /** Why a fix that is safe in general is not so here. */
  readonly because?: string
  readonly edits: readonly Edit[]
  /** The same as changes of whole objects, which is what writes files; not part of the JSON output. */
  readonly changes: readonly Change[]
}

/** Lines around the spot, for a code frame; not part of the JSON output. */
export interface Frame {
  /** Number of the first line, from 1. */
  readonly firstLine: number
  readonly lines: readonly string[]
}

export interface Finding extends Spot {
  readonly rule: string
  readonly messageId: string
  readonly severity: Severity
  readonly certainty: 'certain' | 'cannot-verify'
  readonly message: string
  /** The object to change; null for what could not be read as an object. */
  readonly object: ObjectId | null
  readonly path: string
  readonly evidence: readonly Evidence[]
  readonly related: readonly Evidence[]
  readonly fix: Fix | null
  /** What to do in general, from the rule. */
  readonly help: string
  readonly equivalents: readonly string[]
  readonly fingerprint: string
  readonly frame: Frame | null
}

/** A finding that somebody chose not to see, with who said so. */
export interface Suppressed {
  readonly finding: Finding
  readonly by: 'annotation' | 'comment' | 'config' | 'baseline' | 'foreign-annotation'
  readonly reason: string | null
}

/** A rule that did not run, or a kind of rule that had nothing to go on. */
export interface Skipped {
  readonly rule: string
  readonly reason: string
}

export interface VetSummary {
  readonly errors: number
  readonly warnings: number
  readonly infos: number
  readonly suppressed: number
  readonly objects: number
  readonly rulesRun: number
  readonly rulesSkipped: number
}

/** A finding that is none any more. */
export interface FixedFinding {
  readonly rule: string
  readonly severity: Severity
  readonly message: string
  readonly object: ObjectId | null
  readonly file: string | null
  /** Where it stood when it was fixed. */
  readonly line: number | null
  readonly description: string
  readonly kind: 'safe' | 'unsafe'
}

/** What `--fix` did. */
export interface FixSummary {
  readonly fixed: readonly FixedFinding[]
  /** The files that were written. */
  readonly files: readonly string[]
  /** Calls that work and change by it; none unless unsafe fixes were asked for. */
  readonly calls: readonly string[]
}

/** A baseline as it was found, and what became of it. */
export interface BaselineUse {
  readonly file: string
  /** Entries that hide a finding. */
  readonly known: number
  /** Entries whose finding is gone. */
  readonly stale: number
  /** Entries written, where it was written. */
  readonly written: number | null
}

export interface VetResult {
  readonly findings: readonly Finding[]
  readonly suppressed: readonly Suppressed[]
  readonly skipped: readonly Skipped[]
  readonly gaps: readonly Gap[]
  readonly assumptions: readonly string[]
  readonly version: Version
  readonly summary: VetSummary
  /** Where fixes were asked for. */
  readonly fixes?: FixSummary
  /** Where a baseline was given. */
  readonly baseline?: BaselineUse
  /** What is not a finding since it was one there already: a revision of git, a snapshot. */
  readonly comparedWith?: readonly string[]
}

const ranks = {info: 0, warning: 1, error: 2} as const

export function atLeast(severity: Severity, threshold: Severity): boolean {
  return ranks[severity] >= ranks[threshold]
}

/** The lower of two severities. */
export function lower(a: Severity, b: Severity): Severity {
  return atLeast(a, b) ? b : a
}
