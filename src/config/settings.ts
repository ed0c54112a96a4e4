import type {ClientDeclaration} from '../mesh/mesh.ts'
import type {KubeObject, Path} from '../objects/object.ts'

export type WantedStage = 'none' | 'walk' | 'run' | 'jetpack'

export type SeverityOrOff = 'off' | 'error' | 'warning' | 'info'

/** An operation that may be repeated without harm; null is any method, any path. */
export interface IdempotentOperation {
  /** `namespace/service[:port]` */
  readonly service: string
  readonly methods: readonly string[] | null
  readonly paths: readonly string[] | null
  readonly path: Path
}

/** Paths that may be requested on a live mesh. */
export interface DeclaredProbe {
  /** `namespace/service[:port]` */
  readonly service: string
  readonly method: string
  readonly paths: readonly string[]
  readonly path: Path
}

/** What it says about one rule: a severity, or a severity and options. */
export type RuleSetting =
  | SeverityOrOff
  | {
      readonly severity?: SeverityOrOff | undefined
      readonly options?: Readonly<Record<string, unknown>> | undefined
    }

/** Settings for some objects only; what is left out matches everything. */
export interface RuleOverride {
  readonly paths?: readonly string[] | undefined
  readonly namespaces?: readonly string[] | undefined
  readonly kinds?: readonly string[] | undefined
  readonly names?: readonly string[] | undefined
  readonly rules: Readonly<Record<string, SeverityOrOff>>
  readonly reason?: string | undefined
}

export interface VetConfig {
  readonly failOn: 'error' | 'warning' | 'info' | 'never' | null
  readonly rules: Readonly<Record<string, RuleSetting>>
  readonly overrides: readonly RuleOverride[]
}

/** The stages wanted of one capability: of one service, else of its namespace, else by default. */
export interface Target {
  readonly default: WantedStage | null
  readonly namespaces: readonly (readonly [glob: string, stage: WantedStage])[]
  readonly services: ReadonlyMap<string, WantedStage>
}

/** What meshctl.yaml says. */
export interface Config {
  readonly file: string | null
  /** The file as an object, so that what rests on it can name it with line and column; null without a file. */
  readonly object: KubeObject | null
  /** Declarations in force today. */
  readonly clients: readonly ClientDeclaration[]
  /** Declarations whose `until` has passed. */
  readonly expired: readonly ClientDeclaration[]
  readonly idempotent: readonly IdempotentOperation[]
  readonly probes: readonly DeclaredProbe[]
  readonly exclude: {readonly namespaces: readonly string[]; readonly workloads: readonly string[]}
  /** Kinds of which the input holds all there are, `*` for every kind; null where nothing is said. */
  readonly complete: readonly string[] | null
  /** `1.31`, or null. */
  readonly istioVersion: string | null
  readonly providers: readonly string[]
  readonly vet: VetConfig
  /** By capability; one that is not there has no target. */
  readonly target: Readonly<Partial<Record<string, Target>>>
}

export const emptyConfig: Config = {
  file: null,
  object: null,
  clients: [],
  expired: [],
  idempotent: [],
  probes: [],
  exclude: {namespaces: [], workloads: []},
  complete: null,
  istioVersion: null,
  providers: [],
  vet: {failOn: null, rules: {}, overrides: []},
  target: {},
}
