import type {Change} from '../changes/change-set.ts'
import type {Fact} from '../mesh/fact.ts'
import type {Mesh} from '../mesh/mesh.ts'
import type {KubeObject, Path} from '../objects/object.ts'

export type Severity = 'error' | 'warning' | 'info'
export type Area =
  | 'mtls'
  | 'injection'
  | 'telemetry'
  | 'resiliency'
  | 'routing'
  | 'gateways'
  | 'ports'
  | 'authorization'
  | 'multicluster'
  | 'sidecar'
  | 'service-entry'
  | 'envoy-filter'
  | 'ambient'
  | 'legacy'
  | 'schema'

/** What a rule says about one object; the engine adds position, severity, certainty and suppression. */
export interface Report {
  readonly messageId: string
  /** Values for the `{placeholders}` of the message. */
  readonly data?: Readonly<Record<string, string | number>>
  /** Which of the data tell this finding from others on the same spot, for its fingerprint; all where not given. */
  readonly identity?: readonly string[]
  /** The object to change. */
  readonly object: KubeObject
  /** The spot in it; the nearest ancestor that exists is shown where the value is absent. */
  readonly path: Path
  /** Lower than the rule's own severity where the knowledge is weaker (decisions 3). */
  readonly severity?: Severity
  /** `cannot-verify`: a reference into a kind that is not known to be complete; becomes an info finding. */
  readonly certainty?: 'certain' | 'cannot-verify'
  readonly evidence?: readonly Fact[]
  readonly related?: readonly Fact[]
  readonly fix?: {
    readonly kind: 'safe' | 'unsafe' | 'hint'
    readonly description: string
    readonly changes: readonly Change[]
  }
}

export type Params = Readonly<Record<string, string | number | boolean | readonly string[]>>

/** One rule is one file below `rules/<area>/`; the registry and the docs are generated from it (decisions 17). */
export interface Rule {
  /** The kebab-case id of the catalogue; never reused. */
  readonly id: string
  readonly area: Area
  readonly severity: Severity
  /** The versions of Istio for which the rule holds: all, or from one on, perhaps up to another. */
  readonly istio: '*' | `>=1.${number}.0` | `>=1.${number}.0 <1.${number}.0`
  /** Kinds that it reads. */
  readonly inputs: readonly string[]
  readonly needs: 'offline' | 'live' | 'mesh-config'
  readonly params: Params
  /** Codes with which other tools report the same defect: IST0101, KIA0202. */
  readonly equivalents: readonly string[]
  readonly formerIds: readonly string[]
  readonly messages: Readonly<Record<string, string>>
  /** Why it matters, for docs and `vet explain`. */
  readonly why: string
  /** What to do, ending in a full stop. */
  readonly fix: string
  check(mesh: Mesh, report: (report: Report) => void, params: Params): void
}

export function defineRule(rule: Rule): Rule {
  return rule
}
