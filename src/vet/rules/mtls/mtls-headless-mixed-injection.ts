import {fact} from '../../../mesh/fact.ts'
import type {Fact} from '../../../mesh/fact.ts'
import type {Mesh, Service, Workload} from '../../../mesh/mesh.ts'
import {failingEdges, severityOfEdges, trafficKinds} from '../../reading/failing-edges.ts'
import {withoutSidecar} from '../../reading/injection-doubt.ts'
import {nameOf} from '../../reading/names.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'mtls-headless-mixed-injection',
  area: 'mtls',
  severity: 'error',
  istio: '>=1.5.0',
  inputs: trafficKinds,
  needs: 'offline',
  params: {},
  equivalents: [],
  formerIds: [],
  messages: {
    mixed:
      '{bare} has no sidecar and stands behind the headless Service {service}, so the mesh sends plaintext to all its pods; {strict} demands mTLS and refuses it.',
  },
  why: 'A headless Service gets mTLS on all of its pods or on none. One pod without a sidecar turns it off for all (BestEffortInferServiceMTLSMode), and those that are STRICT refuse every client.',
  fix: 'Inject all workloads behind the Service, or give those without a sidecar a Service of their own.',
  check(mesh, report) {
    const edges = failingEdges(mesh, ['headless-mixed-injection'])
    for (const service of mesh.services) {
      if (service.type !== 'Headless') continue
      const endpoints = mesh.endpoints(service)
      const bare = endpoints.filter(endpoint => mesh.injection(endpoint).inMesh === false)
      const strict = bare.length === 0 ? null : strictEndpoint(mesh, service, endpoints)
      if (strict === null || mesh.meshConfig.enableAutoMtls === false) continue
      const known = edges.filter(({edge}) => edge.server.service === service)
      for (const workload of bare) {
        report({
          messageId: 'mixed',
          data: {
            bare: `${workload.kind} ${nameOf(workload)}`,
            service: nameOf(service),
            strict: nameOf(strict.workload),
          },
          object: workload.object,
          path: workload.templatePath,
          // Any client in the mesh is refused, known or not.
          severity: severityOfEdges(known) === 'error' ? 'error' : 'warning',
          ...withoutSidecar(mesh, [workload]),
          evidence: [
            ...mesh.injection(workload).facts,
            fact(`Service ${nameOf(service)} is headless`, service.object, ['spec', 'clusterIP']),
            ...strict.facts,
          ],
        })
      }
    }
  },
})

function strictEndpoint(
  mesh: Mesh,
  service: Service,
  endpoints: readonly Workload[],
): {workload: Workload; facts: readonly Fact[]} | null {
  for (const workload of endpoints) {
    for (const port of service.ports) {
      const target = mesh.targetPort(port, workload)
      if (target === null) continue
      const {mode, facts} = mesh.peerAuthentication(workload, target)
      if (mode === 'STRICT') return {workload, facts}
    }
  }
  return null
}
