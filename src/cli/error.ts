/**
 * Codes of everything that can go wrong, each with its exit code. One table: a code that is not here does not compile.
 * 2 usage or unreadable input · 3 environment · 4 stopped part-way · 5 refused · 70 a bug.
 */
export const exitCodes = {
  usage: 2,
  'unknown-command': 2,
  'unknown-flag': 2,
  'missing-flag': 2,
  'invalid-value': 2,
  'unknown-name': 2,
  'unreadable-path': 2,
  'nothing-readable': 2,
  'invalid-input': 2,
  'invalid-config': 2,
  'no-cluster': 3,
  forbidden: 3,
  'missing-crd': 3,
  incomplete: 3,
  'stopped-part-way': 4,
  refused: 5,
  'not-plannable': 5,
  'consent-not-given': 5,
  bug: 70,
} as const

export type ErrorCode = keyof typeof exitCodes

export interface ErrorDetails {
  /** The next commands or actions, most useful first; never empty. */
  readonly try: readonly string[]
  /** What was given. */
  readonly found?: string
  /** What would have done. */
  readonly validOptions?: readonly string[]
  readonly file?: string
  readonly line?: number
  readonly column?: number
  readonly cause?: unknown
  /** More of the answer, for `--json`: what is blocked, what was done. */
  readonly data?: Readonly<Record<string, unknown>>
}

/** The one error type for everything that a user can act on. Anything else that is thrown is a bug. */
export class MeshctlError extends Error {
  readonly code: ErrorCode
  readonly details: ErrorDetails

  constructor(code: ErrorCode, message: string, details: ErrorDetails) {
    super(message, {cause: details.cause})
    this.name = 'MeshctlError'
    this.code = code
    this.details = details
  }

  get exitCode(): number {
    return exitCodes[this.code]
  }
}
