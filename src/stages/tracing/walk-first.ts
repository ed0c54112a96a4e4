import type {Mesh} from '../../mesh/mesh.ts'
import {conclude, notApplicable, reason} from '../reasons.ts'
import type {Answers, Assessment, Subject} from '../stage.ts'
import walk from './walk.ts'

/** Later stages of tracing build on spans of proxies: what they are while there are none; null once there are. */
export function waitsForWalk(mesh: Mesh, subject: Subject, answers: Answers | undefined): Assessment | null {
  const {state, reasons} = walk.assess(mesh, subject, answers)
  if (state === 'done') return null
  if (state === 'not-applicable') return notApplicable(...reasons)
  const message = `its proxies report no spans yet (tracing walk is ${state})`
  return conclude({
    blockers: [reason('walk-first', message, reasons[0]?.facts ?? [], 'meshctl adopt tracing --stage walk')],
    unknowns: [],
    cautions: [],
  })
}
