import type {KubeObject, Path} from '../objects/object.ts'

/**
 * One link of the chain from which an answer follows, so that a reader can dispute it.
 * `object` is null for what follows from a default of Istio or from an assumption.
 */
export interface Fact {
  readonly text: string
  readonly object: KubeObject | null
  readonly path: Path
}

export function fact(text: string, object: KubeObject | null = null, path: Path = []): Fact {
  return {text, object, path}
}
