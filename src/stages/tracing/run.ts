import {nothing} from '../../changes/change-set.ts'
import {conclude, notApplicable, reason} from '../reasons.ts'
import {defineStage} from '../stage.ts'
import {waitsForWalk} from './walk-first.ts'

/** Correlation headers copied by the applications, so that spans join into one trace. */
export default defineStage({
  capability: 'tracing',
  stage: 'run',
  title: 'Join spans into traces: applications copy correlation headers',
  subject: 'service',
  answers: {},
  notPlannable:
    'what an application does with headers is its code: this version tells what is known of it and has no change to plan',

  assess(mesh, subject, answers) {
    if (subject.kind !== 'service') return notApplicable()
    const first = waitsForWalk(mesh, subject, answers)
    if (first !== null) return first
    const message =
      "whether its code copies correlation headers (traceparent or x-b3-*, and x-request-id) to the calls it makes can't be told from manifests"
    const unknown = reason(
      'headers-unknown',
      message,
      [],
      'traces of the live mesh show it: a service that copies them has spans of both sides in one trace',
    )
    return conclude({blockers: [], unknowns: [unknown], cautions: []})
  },

  plan: () => nothing,
  expect: () => [],
})
