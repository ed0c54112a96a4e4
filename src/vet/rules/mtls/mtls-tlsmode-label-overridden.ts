import {brokenReport, brokenServers} from '../../reading/broken-servers.ts'
import {trafficKinds} from '../../reading/failing-edges.ts'
import {defineRule} from '../../rule.ts'

const label = 'security.istio.io/tlsMode'

export default defineRule({
  id: 'mtls-tlsmode-label-overridden',
  area: 'mtls',
  severity: 'error',
  istio: '>=1.5.0',
  inputs: trafficKinds,
  needs: 'offline',
  params: {},
  equivalents: [],
  formerIds: [],
  messages: {
    misleading:
      'This label makes {clients} send to {servers} what it does not accept: the label contradicts the pod.',
  },
  why: 'The injector sets security.istio.io/tlsMode; clients believe it and nothing else. Set by hand to another value, a STRICT pod gets plaintext, and a pod without a sidecar gets mTLS.',
  fix: 'Remove the label from the pod template: the injector sets the right one.',
  check(mesh, report) {
    const broken = brokenServers(mesh, {
      causes: ['tls-mode-label'],
      suspect: workload => workload.labels[label] !== undefined,
      decider: ({path}) => path.at(-1) === label,
    })
    for (const one of broken)
      report({messageId: 'misleading', object: one.object, path: one.path, ...brokenReport(one)})
  },
})
