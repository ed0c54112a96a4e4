import type {Config} from '../config/config.ts'
import type {Mesh} from '../mesh/mesh.ts'
import {assessGrid} from '../stages/grid.ts'
import {cellAnswer} from './answers.ts'
import type {CellAnswer} from './answers.ts'

/** Every cell of every subject, as answers. */
export function assessAll(mesh: Mesh, config: Config): readonly CellAnswer[] {
  return assessGrid(mesh, config).map(({stage, subject, assessment}) =>
    cellAnswer(stage.capability, stage.stage, subject, assessment),
  )
}
