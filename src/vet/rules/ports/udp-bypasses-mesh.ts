import {fact} from '../../../mesh/fact.ts'
import {listed, nameOf} from '../../reading/names.ts'
import {portName, writtenServices} from '../../reading/ports.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'udp-bypasses-mesh',
  area: 'ports',
  severity: 'info',
  istio: '*',
  inputs: ['Service'],
  needs: 'offline',
  params: {},
  equivalents: [],
  formerIds: [],
  messages: {
    bypass: 'Port {port} is UDP, which sidecars do not touch: {policies} does not protect it.',
  },
  why: 'Only TCP is redirected into the sidecar. UDP reaches the application as it was sent: no mTLS, no AuthorizationPolicy, no telemetry.',
  fix: 'Protect the port with a NetworkPolicy.',
  check(mesh, report) {
    for (const service of writtenServices(mesh)) {
      for (const port of service.ports) {
        if (port.protocol !== 'UDP') continue
        const policies = mesh
          .endpoints(service)
          .filter(workload => mesh.injection(workload).inMesh === true)
          .flatMap(workload => mesh.authorization(workload))
        const [first] = policies
        if (first === undefined) continue
        report({
          messageId: 'bypass',
          data: {
            port: portName(port),
            policies: listed(policies.map(({id}) => `AuthorizationPolicy ${nameOf(id)}`)),
          },
          identity: ['port'],
          object: service.object,
          path: port.path,
          evidence: [fact(`AuthorizationPolicy ${nameOf(first.id)} selects the pods`, first, ['spec'])],
        })
      }
    }
  },
})
