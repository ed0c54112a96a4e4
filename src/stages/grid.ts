import {isExcluded, isWanted} from '../config/target.ts'
import type {Config} from '../config/settings.ts'
import type {Mesh} from '../mesh/mesh.ts'
import {reason} from './reasons.ts'
import {stages} from './registry.ts'
import {capabilities, stageNames} from './stage.ts'
import type {Answers, Assessment, Stage, Subject} from './stage.ts'
import {subjectsOf} from './subjects.ts'

export {subjectsOf} from './subjects.ts'

export interface Cell {
  readonly stage: Stage
  readonly subject: Subject
  readonly assessment: Assessment
}

/** Every cell of every subject. What meshctl.yaml does not want is told apart from what is not there yet. */
export function assessGrid(mesh: Mesh, config: Config, answers?: Answers): readonly Cell[] {
  return capabilities.flatMap(capability =>
    stageNames.flatMap(name => assessStage(mesh, config, stages[capability][name], answers)),
  )
}

/** The cells of one stage alone, for those who want no more. */
export function assessStage(mesh: Mesh, config: Config, stage: Stage, answers?: Answers): readonly Cell[] {
  return subjectsOf(mesh, stage).map(subject => ({
    stage,
    subject,
    assessment: assessCell(mesh, config, stage, subject, answers),
  }))
}

/** What is done stays done, wanted or not. */
function assessCell(
  mesh: Mesh,
  config: Config,
  stage: Stage,
  subject: Subject,
  answers: Answers | undefined,
): Assessment {
  const assessment = stage.assess(mesh, subject, answers)
  if (assessment.state === 'done' || assessment.state === 'not-applicable') return assessment
  if (excluded(mesh, config, subject))
    return {state: 'not-wanted', reasons: [reason('excluded', 'meshctl.yaml leaves it alone (exclude)', [])]}
  if (!isWanted(config, stage.capability, stage.stage, subject)) {
    return {
      state: 'not-wanted',
      reasons: [reason('beyond-target', 'meshctl.yaml does not want this stage here (target)', [])],
    }
  }
  return assessment
}

/** A Service is left alone with its namespace, or when all the workloads behind it are. */
function excluded(mesh: Mesh, config: Config, subject: Subject): boolean {
  if (subject.kind === 'mesh') return false
  if (subject.kind === 'workload') return isExcluded(config, subject)
  const endpoints = mesh.endpoints(subject.service)
  return endpoints.length > 0
    ? endpoints.every(endpoint => isExcluded(config, endpoint))
    : isExcluded(config, subject)
}
