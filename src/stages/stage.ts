import type {ChangeSet} from '../changes/change-set.ts'
import type {Fact} from '../mesh/fact.ts'
import type {Mesh, Service, Workload} from '../mesh/mesh.ts'

export const capabilities = ['sidecars', 'tracing', 'mtls', 'resiliency'] as const
export const stageNames = ['walk', 'run', 'jetpack'] as const
export type Capability = (typeof capabilities)[number]
export type StageName = (typeof stageNames)[number]

/** What a cell is assessed for: a workload, a service, or the mesh as a whole. */
export type Subject =
  | {
      readonly kind: 'workload'
      readonly namespace: string
      readonly name: string
      readonly workload: Workload
    }
  | {readonly kind: 'service'; readonly namespace: string; readonly name: string; readonly service: Service}
  | {readonly kind: 'mesh'; readonly namespace: ''; readonly name: 'mesh'}

export type CellState = 'done' | 'ready' | 'blocked' | 'unknown' | 'not-wanted' | 'not-applicable'

/** Why a cell is in its state; `unblock` says what would change it: a sentence or a command. */
export interface Reason {
  /** Kebab-case, stable: `client-not-in-mesh`, `client-calls-unknown`, `mesh-config-unknown`, … */
  readonly code: string
  readonly message: string
  readonly facts: readonly Fact[]
  readonly unblock: string | null
}

export interface Assessment {
  readonly state: CellState
  readonly reasons: readonly Reason[]
}

/**
 * A question that a plan needs answered. Declared once: the flag of `adopt`, the prompt of the wizard, help and docs
 * come from it. `parse` throws a MeshctlError for a value that does not do.
 */
export interface Answer<Value> {
  readonly flag: string
  readonly ask: string
  readonly default: Value
  readonly options?: readonly string[]
  parse(input: string): Value
  format(value: Value): string
}

export type Answers = Readonly<Record<string, unknown>>

/** What must hold on the live mesh once a stage is applied; data, which `changes/verify` interprets. */
export type Expectation =
  | {
      readonly check: 'object-exists'
      readonly kind: string
      readonly namespace: string
      readonly name: string
    }
  | {readonly check: 'injected'; readonly namespace: string; readonly workload: string}
  | {
      readonly check: 'server-mode'
      readonly namespace: string
      readonly workload: string
      readonly port: number
      readonly mode: string
    }
  | {
      readonly check: 'edge-transport'
      readonly client: string
      readonly server: string
      readonly transport: string
    }
  | {
      readonly check: 'route-timeout'
      readonly client: string
      readonly server: string
      readonly timeout: string
    }
  | {readonly check: 'outlier-detection'; readonly client: string; readonly server: string}
  | {
      readonly check: 'tracing-provider'
      readonly namespace: string
      readonly workload: string
      readonly provider: string
    }

/** One of the twelve cells (decisions 16). Pure: values in, values out. */
export interface Stage {
  readonly capability: Capability
  readonly stage: StageName
  /** A verb first, for the grid and help. */
  readonly title: string
  readonly subject: Subject['kind']
  readonly answers: Readonly<Record<string, Answer<unknown>>>
  /** Null where this version assesses the cell but cannot plan it yet, with the sentence that says so. */
  readonly notPlannable: string | null
  /** With the answers that a plan would be made with, where they are known; defaults else. */
  assess(mesh: Mesh, subject: Subject, answers?: Answers): Assessment
  plan(mesh: Mesh, subjects: readonly Subject[], answers: Answers): ChangeSet
  expect(meshAfter: Mesh, subjects: readonly Subject[], answers: Answers): readonly Expectation[]
}

export function defineStage(stage: Stage): Stage {
  return stage
}
