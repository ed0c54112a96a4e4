import type {JsonObject, KubeObject, Path} from '../../../objects/object.ts'

/** What a refusal is about, where a rule of its own tells it. */
export type About =
  'retry-on' | 'retry-disabled' | 'outlier-split' | 'client-certificate' | 'authorization' | 'other'

/** Something that the CRD allows and istiod's admission webhook does not (istio pkg/config/validation). */
export interface Refusal {
  readonly object: KubeObject
  readonly path: Path
  readonly about: About
  /** In words that follow on the place: `has neither route nor redirect`. */
  readonly problem: string
}

/** Tells one at a path. */
export type Refuse = (path: Path, problem: string, about?: About) => void

/** Looks at the spec of one object. */
export type Validate = (spec: JsonObject, refuse: Refuse) => void

/** Whether a text is there that is not empty. */
export function isSet(value: unknown): boolean {
  return typeof value === 'string' && value !== ''
}
