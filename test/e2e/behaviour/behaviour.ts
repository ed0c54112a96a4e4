import type {Stage} from './stage.ts'

/**
 * One rule of vet, held against a real mesh: objects that it reports, which do harm as it says, and the same objects
 * repaired, which it does not report and which do no harm. What is seen is looked at in the same way both times.
 */
export interface Behaviour<Seen = unknown> {
  readonly rule: string
  /** Workloads that are needed beside the cast, and stay. */
  readonly with?: string
  readonly bad: string
  readonly fixed: string
  readonly observe: (stage: Stage) => Promise<Seen>
  readonly misbehaves: Seen
  readonly behaves: Seen
}

export function defineBehaviour<Seen>(behaviour: Behaviour<Seen>): Behaviour<Seen> {
  return behaviour
}
