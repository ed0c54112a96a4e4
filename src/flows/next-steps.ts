import type {Mesh} from '../mesh/mesh.ts'
import {nextSteps} from '../stages/next.ts'
import type {Cell} from '../stages/grid.ts'
import type {Capability, StageName, Subject} from '../stages/stage.ts'
import {nameOf, subjectAnswer} from './answers.ts'
import type {SubjectAnswer} from './answers.ts'
import {commandLine} from './command-line.ts'

/** A step that could be taken now. */
export interface Step {
  readonly capability: Capability
  readonly stage: StageName
  readonly title: string
  readonly subject: SubjectAnswer
  /** Why it stands where it stands among the others, in a sentence. */
  readonly why: string
  /** Shows the step; nothing is written until --write is added. */
  readonly command: string
}

/** Ready steps, the safest first; `input` are the flags that give the same input again. */
export function stepsOf(mesh: Mesh, cells: readonly Cell[], input: readonly string[]): readonly Step[] {
  return nextSteps(mesh, cells).map(({cell: {stage, subject}, why}) => ({
    capability: stage.capability,
    stage: stage.stage,
    title: stage.title,
    subject: subjectAnswer(subject),
    why,
    command: commandLine([
      'adopt',
      stage.capability,
      '--stage',
      stage.stage,
      ...targetWords(subject),
      ...input,
    ]),
  }))
}

/** `--target namespace/name`; the mesh as a whole needs no naming. */
export function targetWords(subject: Pick<Subject, 'kind' | 'namespace' | 'name'>): readonly string[] {
  return subject.kind === 'mesh' ? [] : ['--target', nameOf(subject)]
}
