import {policySelector} from '../../../mesh/selectors.ts'
import {record} from '../../../objects/json.ts'
import {brokenReport, brokenServers} from '../../reading/broken-servers.ts'
import {trafficKinds} from '../../reading/failing-edges.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'mtls-namespace-disable-workload-strict',
  area: 'mtls',
  severity: 'error',
  istio: '>=1.5.0',
  inputs: trafficKinds,
  needs: 'offline',
  params: {},
  equivalents: [],
  formerIds: [],
  messages: {
    refused:
      'DISABLE for all of the namespace makes {clients} send plaintext to {servers}, whose own PeerAuthentication demands mTLS: the connection is refused.',
  },
  why: 'Clients decide whether to use mTLS at all by the policy of the namespace or the mesh; they do not look at policies with a selector. A workload that is STRICT in a namespace that is DISABLE gets plaintext from everybody and refuses it.',
  fix: 'Turn it around: STRICT or PERMISSIVE for the namespace, and DISABLE for the workloads that need it.',
  check(mesh, report) {
    const wide = mesh.objects('PeerAuthentication').filter(policy => {
      const spec = record(policy.value['spec'])
      return record(spec['mtls'])['mode'] === 'DISABLE' && policySelector(spec['selector']) === null
    })
    if (wide.length === 0) return
    const places = new Set(wide.map(({id}) => id.namespace))
    const everywhere = places.has(mesh.meshConfig.rootNamespace)
    const broken = brokenServers(mesh, {
      causes: ['namespace-disable-hint'],
      suspect: workload => everywhere || places.has(workload.namespace),
      decider: ({object}) => object !== null && wide.includes(object),
    })
    for (const one of broken)
      report({messageId: 'refused', object: one.object, path: one.path, ...brokenReport(one)})
  },
})
