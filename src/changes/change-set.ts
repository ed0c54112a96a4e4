import type {JsonObject, KubeObject, ObjectId} from '../objects/object.ts'

/** What is to happen to one object, and why, in a sentence for its reader. */
export type Change =
  | {
      readonly action: 'create'
      readonly id: ObjectId
      readonly after: JsonObject
      readonly reason: string
      /** YAML text with comments for the reader; its value equals `after`. */
      readonly yaml?: string
    }
  | {
      readonly action: 'update'
      readonly id: ObjectId
      readonly before: KubeObject
      readonly after: JsonObject
      readonly reason: string
      /** A patch that an earlier step wrote for kustomize: it is taken out of its file, rather than contradicted. */
      readonly undoes?: JsonObject
    }
  | {readonly action: 'delete'; readonly id: ObjectId; readonly before: KubeObject; readonly reason: string}

/** Changes that may happen together; the next phase waits until the one before it has arrived and holds. */
export interface Phase {
  readonly title: string
  readonly changes: readonly Change[]
}

export interface ChangeSet {
  readonly phases: readonly Phase[]
  /** What the user has to do by hand where meshctl does not change things: Helm values, a restart. */
  readonly notes: readonly Note[]
}

/** Something for a person to do, with a ready text where there is one (`content` is YAML). */
export interface Note {
  readonly title: string
  readonly text: string
  readonly content: string | null
}

export const nothing: ChangeSet = {phases: [], notes: []}

export function changesOf(set: ChangeSet): readonly Change[] {
  return set.phases.flatMap(phase => phase.changes)
}
