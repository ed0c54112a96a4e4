import {at, isRecord, list, record, records} from '../../objects/json.ts'
import {nothing} from '../../changes/change-set.ts'
import {fact} from '../../mesh/fact.ts'
import type {Mesh, Service} from '../../mesh/mesh.ts'
import {controlPlaneBlockers} from '../preconditions.ts'
import {conclude, done, named, notApplicable, reason} from '../reasons.ts'
import {defineStage} from '../stage.ts'
import type {Reason} from '../stage.ts'
import {httpPorts, routesTo} from './streams.ts'
import type {RouteTo} from './streams.ts'

/** Fault injection, exposed only to chosen workloads. */
export default defineStage({
  capability: 'resiliency',
  stage: 'run',
  title: 'Try faults, on chosen clients only',
  subject: 'service',
  answers: {},
  notPlannable:
    'this version does not plan fault experiments; it tells which faults are configured and whom they hit',

  assess(mesh, subject) {
    if (subject.kind !== 'service') return notApplicable()
    const faults = routesTo(mesh, subject.service).filter(({object, path}) =>
      isRecord(at(object.value, [...path, 'fault'])),
    )
    const open = faults.filter(route => !isScoped(route))
    if (open.length > 0) return conclude({blockers: open.map(openFault), unknowns: [], cautions: []})
    if (faults.length > 0)
      return done(
        ...faults.map(({object, path}) =>
          reason('fault-in-force', `${named(object.id)} injects a fault for chosen clients`, [
            fact('the fault', object, [...path, 'fault']),
          ]),
        ),
      )
    return conclude({
      blockers: [...controlPlaneBlockers(mesh), ...obstacles(mesh, subject.service)],
      unknowns: [],
      cautions: [],
    })
  },

  plan: () => nothing,
  expect: () => [],
})

/** A fault happens in the client's proxy and to HTTP requests only (istio-semantics E2). */
function obstacles(mesh: Mesh, service: Service): readonly Reason[] {
  if (httpPorts(service).length === 0)
    return [reason('tcp-ports', 'none of its ports carries HTTP, and faults are for HTTP requests', [], null)]
  if (mesh.workloads.some(workload => mesh.injection(workload).mode === 'sidecar')) return []
  return [
    reason(
      'no-client-in-mesh',
      "a fault happens in the client's sidecar, and no workload has one",
      [],
      'meshctl adopt sidecars --stage walk',
    ),
  ]
}

/**
 * By client labels or a header, in every one of its matches. Labels and namespaces don't count where the match also
 * names gateways, for then Istio ignores them (B8).
 */
function isScoped({object, path}: RouteTo): boolean {
  const matches = records(at(object.value, [...path, 'match']))
  return (
    matches.length > 0 &&
    matches.every(match => {
      const bySource =
        list(match['gateways']).length === 0 &&
        (Object.keys(record(match['sourceLabels'])).length > 0 ||
          typeof match['sourceNamespace'] === 'string')
      return bySource || Object.keys(record(match['headers'])).length > 0
    })
  )
}

function openFault({object, path}: RouteTo): Reason {
  return reason(
    'fault-unscoped',
    `${named(object.id)} injects a fault into everybody's requests`,
    [fact('the fault', object, [...path, 'fault'])],
    'limit it by match.sourceLabels or a header, with a catch-all route after it',
  )
}
