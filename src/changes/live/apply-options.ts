import type {LiveChange} from './entry.ts'
import type {StoredEntry} from './ledger-store.ts'
import type {Disturbed} from './preflight.ts'
import type {Settled} from './rollouts.ts'

export type Progress =
  | {readonly kind: 'checked'; readonly phase: number}
  | {readonly kind: 'recorded'; readonly id: string}
  | {readonly kind: 'changing'; readonly change: LiveChange; readonly index: number; readonly of: number}
  | {readonly kind: 'waiting'; readonly phase: number; readonly waitingFor: readonly string[]}

export interface ApplyOptions {
  /** Takes over fields that others own. */
  readonly forceConflicts?: boolean
  /** Also changes what Argo CD, Flux, Helm or a controller manages. */
  readonly allowManaged?: boolean
  /** Whether a phase has arrived everywhere (proxies in sync); asked after its rollouts are done. */
  readonly settled?: (phase: {
    readonly index: number
    readonly title: string
    readonly changes: readonly LiveChange[]
  }) => Promise<Settled>
  /** For the rollouts of one phase; 5 minutes where absent. */
  readonly timeoutMs?: number
  /** Aborted by Ctrl-C: the change in flight is finished and recorded first. */
  readonly signal?: AbortSignal
  readonly onProgress?: (progress: Progress) => void
}

/**
 * - applied: every change was made and has arrived; what evidence says of it is for `closeEntry`
 * - changed-meanwhile: objects are not as they were when the step was planned. Without an entry nothing was changed, and
 *   the flow plans anew; with one, some changes were made, and it is for `planResume` or `planRollback`
 * - not-settled: the phase was made, and did not arrive in time; the entry stays `applying`
 * - interrupted: the signal came; the entry stays `applying`
 */
export type Applied =
  | {readonly kind: 'applied'; readonly stored: StoredEntry}
  | {
      readonly kind: 'changed-meanwhile'
      readonly stored: StoredEntry | null
      readonly objects: readonly Disturbed[]
    }
  | {readonly kind: 'not-settled'; readonly stored: StoredEntry; readonly waitingFor: readonly string[]}
  | {readonly kind: 'interrupted'; readonly stored: StoredEntry}
