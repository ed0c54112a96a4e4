import {fact} from '../../../mesh/fact.ts'
import {listed, nameOf} from '../../reading/names.ts'
import {portName, treatment} from '../../reading/ports.ts'
import {sharedTargets} from '../../reading/shared-targets.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'workload-services-protocol-conflict',
  area: 'ports',
  severity: 'warning',
  istio: '*',
  inputs: ['Service', 'Namespace'],
  needs: 'offline',
  params: {},
  equivalents: ['IST0116', 'service-association'],
  formerIds: [],
  messages: {
    conflict:
      'Services give port {target} of this workload different protocols ({protocols}): its sidecar takes that of the oldest Service for all of them.',
  },
  why: 'A sidecar has one listener a port. Which protocol it speaks there is decided by the oldest Service, so requests that come by another one may be read wrongly, and routes and policies for HTTP are lost.',
  fix: 'Declare the same protocol for the port in every Service that leads to it.',
  check(mesh, report) {
    for (const {workload, target, claims} of sharedTargets(mesh)) {
      const kinds = new Set(claims.map(({port}) => treatment(port.protocol)))
      // Several ports of Services before one port of the pod are told by workload-services-port-conflict.
      if (kinds.size < 2 || new Set(claims.map(({port}) => port.port)).size > 1) continue
      report({
        messageId: 'conflict',
        data: {
          target,
          protocols: listed(claims.map(({service, port}) => `${nameOf(service)}: ${port.protocol}`)),
        },
        identity: ['target'],
        object: workload.object,
        path: ['metadata', 'name'],
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
