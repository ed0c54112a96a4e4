import {fact} from '../../../mesh/fact.ts'
import {listed, nameOf} from '../../reading/names.ts'
import {portName, treatment} from '../../reading/ports.ts'
import {sharedTargets} from '../../reading/shared-targets.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'workload-services-port-conflict',
  area: 'ports',
  severity: 'warning',
  istio: '*',
  inputs: ['Service', 'Namespace'],
  needs: 'offline',
  params: {},
  equivalents: ['IST0137'],
  formerIds: [],
  messages: {
    protocols:
      'Ports of Services that lead to port {target} of this workload declare different protocols ({ports}): its sidecar takes that of the oldest Service for all of them.',
    ports:
      'Several ports of Services lead to port {target} of this workload ({ports}): its sidecar sees them as one.',
  },
  why: 'A sidecar has one listener a port of the pod, whatever port of a Service a request was sent to. Its protocol, metrics and routes are those of one of them.',
  fix: 'Let the application listen on a port of its own for each, or declare the same protocol everywhere.',
  check(mesh, report) {
    for (const {workload, target, claims} of sharedTargets(mesh)) {
      if (new Set(claims.map(({port}) => port.port)).size < 2) continue
      const conflict = new Set(claims.map(({port}) => treatment(port.protocol))).size > 1
      report({
        messageId: conflict ? 'protocols' : 'ports',
        data: {
          target,
          ports: listed(claims.map(({service, port}) => `${nameOf(service)}:${port.port} ${port.protocol}`)),
        },
        identity: ['target'],
        object: workload.object,
        path: ['metadata', 'name'],
        ...(conflict ? {} : {severity: 'info' as const}),
        related: claims.map(({service, port}) =>
          fact(
            `Service ${nameOf(service)}, port ${portName(port)}: ${port.protocol}`,
            service.object,
            port.path,
          ),
        ),
      })
    }
  },
})
