import type {Fact} from './fact.ts'

export type Transport = 'mtls' | 'plaintext' | 'tls' | 'hbone' | 'mixed' | 'none' | 'unknown'

export type Failure =
  '503 UC' | '503 UF' | '404 NR' | '503 NC' | '503 UH' | '502' | '403' | 'connection reset' | 'tls error'

/** Why an edge fails or cannot be told; kebab-case ids that do not change. */
export type Cause =
  | 'client-not-in-mesh'
  | 'client-sends-plaintext-to-strict'
  | 'destination-rule-disables-tls'
  | 'destination-rule-plain-tls-to-strict'
  | 'destination-rule-plain-tls-to-http-port'
  | 'app-tls-to-http-port'
  | 'destination-rule-mutual-to-server-without-sidecar'
  | 'destination-rule-mutual-to-disabled'
  | 'credential-name-ignored'
  | 'namespace-disable-hint'
  | 'headless-mixed-injection'
  | 'headless-disabled-workload'
  | 'headless-port-not-mapped'
  | 'tls-mode-label'
  | 'excluded-port-gets-mtls'
  | 'client-port-excluded'
  | 'service-hidden-by-sidecar'
  | 'service-not-exported'
  | 'registry-only'
  | 'auto-mtls-off'
  | 'server-first-protocol'
  | 'subset-unknown'
  | 'no-route'
  | 'no-endpoints'
  | 'host-declared-twice'
  | 'identity-mismatch'
  | 'route-destination-unknown'
  | 'authorization-denies'
  | 'rival-policies-without-age'
  | 'ambient'
  | 'mesh-config-unknown'
  | 'opaque-config'
  | 'revision-unknown'
  | 'endpoints-unknown'

/** What makes an unknown known. */
export interface Unknown {
  readonly cause: Cause
  readonly message: string
}

export interface Retries {
  /** Tries after the first one. */
  readonly attempts: number
  readonly retryOn: readonly string[]
  readonly perTryTimeout: string | null
  readonly source: 'default' | 'mesh' | 'route'
}

export interface OutlierDetection {
  readonly consecutive5xxErrors: number
  readonly consecutiveGatewayErrors: number
  readonly interval: string
  readonly baseEjectionTime: string
  readonly maxEjectionPercent: number
}

export interface Faults {
  readonly delay: {readonly fixedDelay: string; readonly percentage: number} | null
  readonly abort: {readonly status: string; readonly percentage: number} | null
}

/** What happens on an edge (decisions 1). Durations are Istio strings; null is no limit. */
export interface Outcome {
  readonly result: 'ok' | 'fails' | 'mixed' | 'unknown'
  /** 0..1: the share of requests that fail. */
  readonly failingShare: number
  readonly transport: Transport
  readonly failure: Failure | null
  readonly cause: Cause | null
  readonly unknownBecause: readonly Unknown[]
  readonly timeout: string | null
  readonly retries: Retries | null
  readonly outlierDetection: OutlierDetection | null
  readonly faults: Faults | null
}

/** One route of an edge; the edge's own outcome is that of the catch-all route. */
export interface OutcomePath extends Outcome {
  /** Conditions in plain words, null for the catch-all. */
  readonly match: string | null
  readonly subset: string | null
  readonly host: string | null
  readonly weight: number
}

/** An outcome with the facts it follows from. */
export interface Judgement {
  readonly outcome: Outcome
  readonly paths: readonly OutcomePath[]
  readonly facts: readonly Fact[]
}
