import type {Gap, Version} from '../mesh/mesh.ts'
import type {ReadProblem} from '../objects/object.ts'
import {assessGrid} from '../stages/grid.ts'
import type {Cell} from '../stages/grid.ts'
import {cellAnswer} from './answers.ts'
import type {CellAnswer} from './answers.ts'
import {foldCells} from './folds.ts'
import type {Fold} from './folds.ts'
import type {Input} from './load-input.ts'
import {stepsOf} from './next-steps.ts'
import type {Step} from './next-steps.ts'

export interface StatusResult {
  readonly istio: Version
  readonly input: {
    readonly from: readonly string[]
    /** The kube-context of a cluster; null for files. */
    readonly context: string | null
    readonly files: number
    readonly objects: number
  }
  readonly cells: readonly CellAnswer[]
  readonly folds: readonly Fold[]
  readonly gaps: readonly Gap[]
  /** What of the input could not be read. */
  readonly problems: readonly ReadProblem[]
  readonly assumptions: readonly string[]
  /** The next safest step; null where nothing is ready. */
  readonly next: Step | null
}

/** Where each service stands in each capability, and what to do next. */
export function status(input: Input): StatusResult {
  const {mesh} = input
  const cells = cellsOf(input)
  const answers = cells.map(({stage, subject, assessment}) =>
    cellAnswer(stage.capability, stage.stage, subject, assessment),
  )
  return {
    istio: mesh.version,
    input: {
      from: input.from,
      context: input.cluster?.connection.context ?? null,
      files: input.files.length,
      objects: input.objects.length,
    },
    cells: answers,
    folds: foldCells(mesh, answers, {whole: input.namespaces.length === 0}),
    gaps: mesh.gaps,
    problems: input.problems,
    assumptions: input.assumptions,
    next: stepsOf(mesh, cells, input.reproduce)[0] ?? null,
  }
}

/** The cells of the namespaces asked for; the mesh itself belongs to every one. */
export function cellsOf({mesh, config, namespaces}: Input): readonly Cell[] {
  const cells = assessGrid(mesh, config)
  if (namespaces.length === 0) return cells
  return cells.filter(({subject}) => subject.namespace === '' || namespaces.includes(subject.namespace))
}
