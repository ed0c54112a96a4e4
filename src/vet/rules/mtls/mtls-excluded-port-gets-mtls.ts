import {brokenReport, brokenServers} from '../../reading/broken-servers.ts'
import {trafficKinds} from '../../reading/failing-edges.ts'
import {defineRule} from '../../rule.ts'

const annotations = [
  'traffic.sidecar.istio.io/excludeInboundPorts',
  'traffic.sidecar.istio.io/includeInboundPorts',
] as const

export default defineRule({
  id: 'mtls-excluded-port-gets-mtls',
  area: 'mtls',
  severity: 'error',
  istio: '>=1.5.0',
  inputs: trafficKinds,
  needs: 'offline',
  params: {},
  equivalents: [],
  formerIds: [],
  messages: {
    excluded:
      'The sidecar does not intercept the port behind {servers}, but {clients} still send mTLS to it, which the application cannot read.',
  },
  why: 'istiod does not know which inbound ports an annotation excludes: to clients in the mesh the pod has a sidecar, so they send mTLS. It reaches the application undecrypted, and calls end in 503 UF.',
  fix: 'Keep the port intercepted, or set portLevelMtls DISABLE for it (then clients send plaintext).',
  check(mesh, report) {
    const broken = brokenServers(mesh, {
      causes: ['excluded-port-gets-mtls'],
      suspect: workload => annotations.some(annotation => workload.annotations[annotation] !== undefined),
      decider: ({path}) => annotations.some(annotation => path.includes(annotation)),
    })
    for (const one of broken)
      report({messageId: 'excluded', object: one.object, path: one.path, ...brokenReport(one)})
  },
})
