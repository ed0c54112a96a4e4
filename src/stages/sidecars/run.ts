import {injectionKeys} from '../../mesh/injection.ts'
import {nothing} from '../../changes/change-set.ts'
import {controlPlaneBlockers} from '../preconditions.ts'
import {conclude, done, listed, notApplicable, reason} from '../reasons.ts'
import {defineStage} from '../stage.ts'
import type {Reason, Subject} from '../stage.ts'
import {subjectsOf} from '../subjects.ts'
import walk from './walk.ts'

/** All services in the mesh. */
export default defineStage({
  capability: 'sidecars',
  stage: 'run',
  title: 'Put every workload into the mesh',
  subject: 'mesh',
  answers: {},
  notPlannable: `this version does not plan the whole mesh at once; take it workload by workload (--stage walk --all-ready), or label the namespaces ${injectionKeys.namespace}=enabled by hand`,

  assess(mesh) {
    const cells = subjectsOf(mesh, walk).map(subject => ({subject, ...walk.assess(mesh, subject)}))
    const concerned = cells.filter(({state}) => state !== 'not-applicable')
    const left = concerned.filter(({state}) => state !== 'done')
    if (concerned.length === 0)
      return notApplicable(reason('no-workloads', 'the input holds no workload of an application', []))
    if (left.length === 0) return done()
    const inState = (state: string): typeof left => left.filter(cell => cell.state === state)
    return conclude({
      blockers: [
        ...controlPlaneBlockers(mesh),
        ...inState('blocked').map(({subject, reasons}) => because('workload-blocked', subject, reasons)),
      ],
      unknowns: inState('unknown').map(({subject, reasons}) => because('workload-unknown', subject, reasons)),
      cautions:
        inState('ready').length === 0
          ? []
          : [
              reason(
                'workloads-left',
                `${inState('ready').length} of ${concerned.length} workloads can get a sidecar now: ${listed(inState('ready').map(({subject}) => nameOf(subject)))}`,
                [],
              ),
            ],
    })
  },

  plan: () => nothing,
  expect: () => [],
})

function because(code: string, subject: Subject, reasons: readonly Reason[]): Reason {
  const [first] = reasons
  return reason(
    code,
    `${nameOf(subject)}: ${first?.message ?? 'not known'}`,
    first?.facts ?? [],
    first?.unblock ?? null,
  )
}

function nameOf({namespace, name}: Subject): string {
  return `${namespace}/${name}`
}
